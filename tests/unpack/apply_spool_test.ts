import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { NoSpaceError } from "../../src/errors/image_errors.ts";
import {
  applySpool,
  findLostAttribute,
  spoolArguments,
} from "../../src/unpack/apply_spool.ts";

Deno.test("findLostAttribute() reports what overlayfs or a program would miss", async (t) => {
  const lost = (name: string, reason: string) =>
    `tar: setxattrat: Cannot set '${name}' extended attribute for file ` +
    `'a': ${reason}\n`;
  const overlay = "trusted.overlay.opaque";
  const cases: readonly [string, string, string | undefined][] = [
    ["nothing said", "", undefined],
    ["another warning", "tar: a: time stamp is in the future\n", undefined],
    ["no such kind", lost("user.a", "Operation not supported"), undefined],
    [
      "an opaque mark",
      lost(overlay, "Operation not supported"),
      `attribute "${overlay}" of "a": Operation not supported`,
    ],
    [
      "no capability to set capabilities",
      lost("user.a", "Operation not supported") +
      lost("security.capability", "Operation not permitted"),
      'attribute "security.capability" of "a": Operation not permitted',
    ],
  ];
  for (const [name, stderr, expected] of cases) {
    await t.step(name, () => assertEquals(findLostAttribute(stderr), expected));
  }
});

Deno.test("applySpool() runs tar so that nothing is changed on the way", async () => {
  const ran: (readonly string[])[] = [];
  await applySpool("/staging", (args) => {
    ran.push(args);
    return Promise.resolve("tar: a: time stamp is in the future\n");
  });
  const expected = [
    ...["--extract", "--file=/staging/spool.tar", "--directory=/staging/diff"],
    ...["--absolute-names", "--preserve-permissions", "--same-owner"],
    ...["--numeric-owner", "--xattrs", "--xattrs-include=*", "--no-selinux"],
    ...["--no-acls", "--warning=no-timestamp"],
  ];
  assertEquals(ran, [expected]);
  assertEquals(spoolArguments("/staging"), expected);
});

Deno.test("applySpool() distinguishes a full disk from another failure", async (t) => {
  const cases: Readonly<Record<string, "space" | "other">> = {
    "tar: a: Cannot write: No space left on device": "space",
    "tar: a: Cannot open: Disk quota exceeded": "space",
    "tar: a: Wrote only 512 of 10240 bytes": "space",
    "tar: a: Cannot open: Permission denied": "other",
    "Wrote only a of b": "other",
  };
  for (const [message, kind] of Object.entries(cases)) {
    for (const [layer, named] of [[undefined, "the layer"], ["l", "l"]]) {
      await t.step(`${message}, ${named}`, async () => {
        const failure = new Error(message);
        const run = () => Promise.reject(failure);
        const error = await assertRejects(
          () => applySpool("/s", run, layer === undefined ? {} : { layer }),
          Error,
        );
        if (kind === "other") return assertEquals(error, failure);
        assertInstanceOf(error, NoSpaceError);
        assertEquals(
          [error.message, error.cause],
          [`Cannot unpack ${named}: no space left on device`, failure],
        );
      });
    }
  }
  await t.step("what is no error", async () => {
    const run = () => Promise.reject("No space left on device");
    const reason = await applySpool("/s", run).catch((error) => error);
    assertEquals(reason, "No space left on device");
  });
});

Deno.test("applySpool() reports which attribute is lost", async (t) => {
  const warning = "tar: setxattrat: Cannot set 'trusted.overlay.opaque' " +
    "extended attribute for file 'a': Operation not permitted\n";
  for (const [layer, named] of [[undefined, "the layer"], ["l", "l"]]) {
    await t.step(`${named}`, async () => {
      const { message } = await assertRejects(
        () =>
          applySpool(
            "/s",
            () => Promise.resolve(warning),
            layer === undefined ? {} : { layer },
          ),
        Error,
      );
      assertEquals(
        message,
        `Cannot finish ${named}: attribute "trusted.overlay.opaque" of "a": ` +
          "Operation not permitted; orlop needs all capabilities of root, and " +
          "a file system with extended attributes",
      );
    });
  }
});
