import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import {
  openLockFile,
  TOKEN_BYTES,
} from "../../../src/store/records/lock_file.ts";
import { libc } from "../../support/own_libc.ts";
import { tempDir } from "../../support/temp_dir.ts";

const KINDS = [["with libc", libc], ["without libc", undefined]] as const;

Deno.test("openLockFile() makes a file and its folder, or looks for it", async (t) => {
  for (const [name, by] of KINDS) {
    await t.step(name, () => {
      using dir = tempDir();
      const path = dir.join("locks", "table.lock");
      {
        using missing = openLockFile(path, by, "look");
        assert(missing.tryLock("write"));
        assertEquals(missing.findHolder(), undefined);
        assertEquals(missing.readToken().length, 0);
        assertFalse(missing.isLinked());
        assertThrows(
          () => missing.writeToken(new Uint8Array(1)),
          Error,
          "Cannot write to a store: it is not there",
        );
      }
      assertEquals([...Deno.readDirSync(dir.path)], []);
      using file = openLockFile(path, by);
      const modes = [dir.join("locks"), path].map((one) =>
        (Deno.statSync(one).mode ?? 0) & 0o777
      );
      assertEquals(modes, [0o700, 0o644]);
      assert(file.isLinked());
      Deno.removeSync(path);
      assertFalse(file.isLinked());
    });
  }
});

Deno.test("openLockFile() reads and writes tokens at the beginning", async (t) => {
  for (const [name, by] of KINDS) {
    await t.step(name, () => {
      using dir = tempDir();
      const path = dir.join("lock");
      using file = openLockFile(path, by);
      assertEquals(file.readToken().length, 0);
      file.writeToken(new Uint8Array([1, 2, 3]));
      assertEquals([...file.readToken()], [1, 2, 3]);
      const token = new Uint8Array(TOKEN_BYTES).fill(7);
      file.writeToken(token);
      assertEquals(file.readToken(), token);
      Deno.writeFileSync(path, new Uint8Array(9).fill(8), { append: true });
      assertEquals(file.readToken(), token);
      using looking = openLockFile(path, by, "look");
      assertEquals(looking.readToken(), token);
      assertEquals(Deno.statSync(path).size, TOKEN_BYTES + 9);
    });
  }
});

Deno.test("openLockFile() shares with readers, and with no writer", async (t) => {
  for (const [name, by] of KINDS) {
    await t.step(name, () => {
      using dir = tempDir();
      const path = dir.join("lock");
      using one = openLockFile(path, by);
      {
        using two = openLockFile(path, by);
        assert(one.tryLock("read") && two.tryLock("read"));
        assertFalse(two.tryLock("write"));
      }
      assert(one.tryLock("write"));
      using three = openLockFile(path, by);
      assertFalse(three.tryLock("read"));
      assertFalse(three.tryLock("write"));
    });
  }
  await t.step("who only looks takes no more than a reader's", () => {
    using dir = tempDir();
    const path = dir.join("lock");
    using one = openLockFile(path, libc);
    using two = openLockFile(path, libc, "look");
    assert(two.tryLock("write"));
    assert(one.tryLock("read"));
  });
});

Deno.test("openLockFile() refuses a directory", async (t) => {
  for (const [name, by] of KINDS) {
    await t.step(name, () => {
      using dir = tempDir();
      for (const use of ["make", "look"] as const) {
        if (by === undefined && use === "look") continue; // can be opened
        assertThrows(() => openLockFile(dir.path, by, use), Error, "directory");
      }
    });
  }
});
