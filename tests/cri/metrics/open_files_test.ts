import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type OpenFiles,
  readOpenFiles,
} from "../../../src/cri/metrics/open_files.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import { libc } from "../../support/own_libc.ts";
import { needs } from "../../support/peers.ts";
import { until } from "../../support/until.ts";

const A = "a".repeat(64) as ContainerId;
const B = "b".repeat(64) as ContainerId;
const NONE = 4_194_304; // beyond the largest process ID

/** A process that waits for input. */
function startWaiting(limit: number): Deno.ChildProcess {
  const script = `ulimit -n ${limit}; exec cat`;
  return new Deno.Command("/bin/sh", {
    args: ["-c", script],
    ...{ stdin: "piped", stdout: "null", stderr: "null", clearEnv: true },
  }).spawn();
}

async function countOpen(process: number): Promise<bigint> {
  const ls = new Deno.Command("/bin/ls", { args: [`/proc/${process}/fd`] });
  const { stdout } = await ls.output();
  return BigInt(new TextDecoder().decode(stdout).trim().split("\n").length);
}

Deno.test("readOpenFiles() counts what the processes of containers have open", {
  ...needs("find"),
}, async (t) => {
  const all = [startWaiting(77), startWaiting(88)];
  const [one = NONE, two = NONE] = all.map(({ pid }) => pid);
  await until(() =>
    [one, two].every((pid) =>
      libc?.readProcessFile(pid, "stat")?.includes("(cat)") === true
    )
  );
  const read = async (...of: readonly number[]) => {
    const processes = new Map([[A, of]]);
    return (await readOpenFiles(processes, { libc })).get(A);
  };
  const open = (
    descriptors: bigint,
    maxDescriptors: bigint | undefined,
  ): OpenFiles => ({ descriptors, sockets: 0n, maxDescriptors });
  const [ofOne, ofTwo] = [await countOpen(one), await countOpen(two)];
  await t.step("of one", async () => {
    assertEquals(await read(one), open(ofOne, 77n));
  });
  await t.step("of two, with the limit of the first", async () => {
    assertEquals(await read(two, one), open(ofOne + ofTwo, 88n));
  });
  await t.step("of none", async () => {
    assertEquals(await read(), open(0n, undefined));
  });
  await t.step("of one that has ended", async () => {
    assertEquals(await read(NONE), open(0n, undefined));
    assertEquals(await read(one, NONE), open(ofOne, 77n));
  });
  await t.step("of several containers, each its own", async () => {
    const processes = new Map([[A, [one]], [B, [two]]]);
    const found = await readOpenFiles(processes, { libc });
    assertEquals([...found.keys()], [A, B]);
    assertEquals(found.get(A), open(ofOne, 77n));
    assertEquals(found.get(B), open(ofTwo, 88n));
  });
  await t.step("of 500 processes of a container at most", async () => {
    const many = Array.from({ length: 499 }, () => NONE);
    assertEquals((await read(...many, one))?.descriptors, ofOne);
    assertEquals((await read(...many, NONE, one))?.descriptors, 0n);
  });
  for (const { stdin } of all) await stdin.close();
  for (const { status } of all) await status;
});

Deno.test(
  "readOpenFiles() counts sockets",
  { ...needs("find") },
  async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const of = new Map([[A, [Deno.pid]]]);
    const { sockets = 0n, descriptors = 0n } =
      (await readOpenFiles(of, { libc })).get(A) ?? {};
    listener.close();
    assert(sockets > 0n && descriptors > sockets);
  },
);

Deno.test("readOpenFiles() ends with the reason of its signal", async () => {
  const signal = AbortSignal.abort(new Error("stop"));
  const of = new Map([[A, [Deno.pid]]]);
  await assertRejects(
    () => readOpenFiles(of, { libc, signal }),
    Error,
    "stop",
  );
});
