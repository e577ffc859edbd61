import { assertEquals } from "@std/assert";
import { releaseMemory } from "../../src/cri/release_memory.ts";
import { takeLibcWithSockets } from "../../src/process/libc_with_sockets.ts";

const own = takeLibcWithSockets();

Deno.test("releaseMemory() releases it again and again, until its end", async () => {
  const often = Promise.withResolvers<void>();
  let count = 0;
  const libc = {
    releaseMemory() {
      count++;
      if (count === 3) often.resolve();
    },
  };
  {
    using _released = releaseMemory(libc, { firstMs: 0, everyMs: 1 });
    await often.promise;
  }
  const before = count;
  await new Promise((resolve) => setTimeout(resolve)); // after what was due
  assertEquals(count, before);
});

Deno.test("releaseMemory() does without libc", () => {
  using _released = releaseMemory(undefined);
});

Deno.test({
  name: "libc releases memory if it was bound for a daemon",
  ignore: own === undefined,
  fn() {
    assertEquals(own?.releaseMemory?.(), undefined);
    assertEquals(typeof own?.releaseMemory, "function");
  },
});
