import { assertEquals } from "@std/assert";
import { readKernelFiles } from "../../src/process/kernel_files.ts";

Deno.test("readKernelFiles() reads what is there, and passes over the rest", async () => {
  const hostname = "/proc/sys/kernel/ostype";
  const limits = "/proc/sys/kernel/cap_last_cap";
  const many = Array.from({ length: 5000 }, (_, n) => `/proc/sys/missing-${n}`);
  const found = await readKernelFiles([hostname, ...many, limits]);
  assertEquals(found.get(hostname), "Linux\n");
  assertEquals(found.get(limits), await Deno.readTextFile(limits));
  assertEquals(found.size, 2);
});

Deno.test("readKernelFiles() runs nothing for nothing", async () => {
  assertEquals(await readKernelFiles([]), new Map());
});
