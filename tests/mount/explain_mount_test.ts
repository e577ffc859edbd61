import { assertEquals, assertInstanceOf } from "@std/assert";
import { CommandError, InUseError } from "../../src/errors/store_errors.ts";
import { mountError, unmountError } from "../../src/mount/explain_mount.ts";

Deno.test("mountError() reports what to do", async (t) => {
  const table: Record<string, string> = {
    "unknown filesystem type 'overlay'":
      'the kernel has no overlay: try "modprobe overlay"',
    "special device overlay does not exist":
      "a directory of one of its layers is missing: remove the image and " +
      "pull it again",
    "mount point does not exist": "there is no such directory",
    "wrong fs type, bad option, bad superblock on overlay":
      "the kernel refuses its options or the file system below; " +
      '"dmesg" says which',
    "mount(2) system call failed: Stale file handle":
      "its writable layer was last mounted on other layers",
    "mount(2) system call failed: No space left":
      "/m: mount(2) system call failed: No space left",
  };
  for (const [words, expected] of Object.entries(table)) {
    await t.step(words, () => {
      const stderr = `mount: /m: ${words}.\n       dmesg(1) may have more\n`;
      const plan = { target: "/m", type: "overlay" };
      const error = mountError(plan, { code: 32, stderr });
      assertInstanceOf(error, CommandError);
      assertEquals(error.exitCode, 32);
      assertEquals(error.message, `Cannot mount "/m": ${expected}`);
    });
  }
});

Deno.test("mountError() distinguishes a missing right", () => {
  for (const words of ["must be superuser to use mount", "permission denied"]) {
    const error = mountError({ target: "/m", type: "overlay" }, {
      code: 32,
      stderr: `mount: /m: ${words}.\n`,
    });
    assertInstanceOf(error, Deno.errors.PermissionDenied);
  }
});

Deno.test("unmountError() tells busy, missing rights and the rest apart", () => {
  const explain = (words: string) =>
    unmountError("/m", { code: 32, stderr: `umount: ${words}.\n` });
  assertInstanceOf(explain("/m: target is busy"), InUseError);
  assertInstanceOf(
    explain("/m: must be superuser to unmount"),
    Deno.errors.PermissionDenied,
  );
  assertInstanceOf(explain("/m: Input/output error"), CommandError);
  assertEquals(explain("/m: not mounted"), undefined);
  assertEquals(explain("/m: no mount point specified"), undefined);
});

Deno.test("unmountError() reports what to do", async (t) => {
  const root = "it needs root (CAP_SYS_ADMIN): run orlop as root";
  const cases: Readonly<Record<string, string | undefined>> = {
    "umount: /m: target is busy.\n":
      'processes use it; "fuser -vm /m" lists them',
    "umount: /m: must be superuser to unmount.\n": root,
    "umount: /m: umount failed: Operation not permitted; permission denied.":
      root,
    "umount: /m: Input/output error.\nmore\n": "/m: Input/output error",
    "  umount: odd.  \n": "odd",
    "odd.": "odd",
    "": "it failed",
    ".": "it failed",
    "umount: /m: not mounted.\n": undefined,
    "umount: /m: no mount point specified.\n": undefined,
    "umount: /m: not found.\n": undefined,
  };
  for (const [stderr, why] of Object.entries(cases)) {
    await t.step(JSON.stringify(stderr), () => {
      const error = unmountError("/m", { code: 32, stderr });
      assertEquals(
        error?.message,
        why && `Cannot unmount "/m": ${why}`,
      );
      if (error instanceof CommandError) assertEquals(error.exitCode, 32);
    });
  }
  await t.step("a mount without a word", () => {
    const plan = { target: "/m", type: "bind" };
    assertEquals(
      [
        mountError(plan, { code: 1, stderr: "" }).message,
        mountError(plan, {
          code: 1,
          stderr: "mount: permission denied",
        }).message,
      ],
      ['Cannot mount "/m": it failed', `Cannot mount "/m": ${root}`],
    );
  });
});
