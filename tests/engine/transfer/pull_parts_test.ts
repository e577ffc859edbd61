/** Large blobs over slow connections: fetched in parts, and the same in the end. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { noise } from "../../support/servers/served_image.ts";
import { serveScript } from "../../support/servers/scripted_server.ts";
import type {
  Rule,
  ScriptedRequest,
} from "../../support/servers/server_script.ts";
import { checkStore } from "../../support/check_store.ts";
import { storeAgent } from "../../support/store_agent.ts";
import { listPartials } from "../../support/store_contents.ts";
import { tempDir } from "../../support/temp_dir.ts";

const LARGE = await layerOf({ "large.bin": noise(1_800_000) });
const SIZE = LARGE.blob.length;
const BLOB = new RegExp(`/blobs/${digestOf(LARGE.blob)}$`);
// What one connection gives: less than four together can take.
const SLOW: Rule = { match: BLOB, bytesPerSecond: 1_000_000 };
const PARTS = {
  ...{ connections: 4, above: 300_000, slowBelow: 10_000_000 },
  ...{ watchMs: 50, partBytes: 100_000 },
};

/** What happens to requests for parts, and how the blob is fetched then. */
interface Case {
  readonly rules: readonly Rule[];
  /** Whether parts were of use. */
  readonly inParts: boolean;
  /** How often all of it is asked for, from the beginning. */
  readonly fromStart?: number;
}

const isPart = ({ headers }: ScriptedRequest) =>
  /^bytes=\d+-\d+$/.test(headers.get("range") ?? "");

/** A rule for parts only. */
function onParts(rule: Rule): Rule {
  return { match: BLOB, act: (request) => isPart(request) ? rule : undefined };
}

/** The same, for one of them. */
function onPart(nth: number, rule: Rule): Rule {
  let count = 0;
  return {
    match: BLOB,
    act: (request) => isPart(request) && ++count === nth ? rule : undefined,
  };
}

const CASES: Readonly<Record<string, Case>> = {
  "all goes well": { rules: [], inParts: true },
  "no ranges are known": {
    rules: [onParts({ requestHeaders: { range: null }, ...SLOW })],
    inParts: false,
  },
  "another range is sent": {
    rules: [onParts({ headers: { "content-range": "bytes 0-9/10" } })],
    inParts: false,
  },
  "no more connections are allowed": {
    rules: [onParts({ answer: { status: 429 } })],
    inParts: false,
  },
  "there is no answer": {
    rules: [onParts({ stopAt: "start", stop: "reset" })],
    inParts: false,
  },
  "a part breaks": {
    rules: [onPart(3, { stopAt: 50_000, stop: "reset", ...SLOW })],
    inParts: true,
  },
  "parts are given no longer": {
    rules: [
      onPart(4, { answer: { status: 503 } }),
      onPart(5, { answer: { status: 503 } }),
    ],
    inParts: true,
  },
  "a part has wrong bytes": {
    rules: [onPart(2, { rewrite: (bytes) => bytes.fill(0) })],
    inParts: true,
    fromStart: 2,
  },
};

Deno.test("pullImage() fetches what is slow in parts, or as always", {
  ...needs("root", "tar", ...REGISTRY_PROGRAMS),
}, async (t) => {
  await using registry = await startRegistry();
  using dir = tempDir();
  await writeLayout(dir.join("image"), [LARGE]);
  await registry.pushLayout(`${dir.join("image")}:latest`, "image:1");
  const retry = { reconnectDelayMs: 10, delayMs: 1 };

  for (const [name, expected] of Object.entries(CASES)) {
    await t.step(name, async () => {
      const rules = [...expected.rules, SLOW];
      await using server = await serveScript(rules, { behind: registry.host });
      using store = storeAgent({ parts: PARTS });
      await pullImage(store.agent, `${server.host}/image:1`, { retry });
      const asked = server.requests.filter(({ path }) => BLOB.test(path));
      const parts = asked.filter(isPart);
      assertEquals(parts.length > 3, expected.inParts, `${parts.length}`);
      const whole = asked.filter(({ headers }) => !headers.has("range"));
      assertEquals(whole.length, expected.fromStart ?? 1);
      checkStored(store.dir.path);
    });
  }

  await t.step("faster, by several connections at once", async () => {
    const took = async (connections: number) => {
      await using server = await serveScript([SLOW], { behind: registry.host });
      using store = storeAgent({ parts: { ...PARTS, connections } });
      const start = performance.now();
      await pullImage(store.agent, `${server.host}/image:1`);
      return performance.now() - start;
    };
    const ratio = await took(1) / await took(4);
    assert(ratio > 1.3, `${ratio}`);
  });

  await t.step("what was fetched is there to resume", async () => {
    using store = storeAgent({ parts: PARTS });
    const abort = new AbortController();
    {
      await using server = await serveScript([
        onPart(8, { stopAt: 1000, stop: "hang" }),
        SLOW,
      ], { behind: registry.host });
      const pull = pullImage(store.agent, `${server.host}/image:1`, {
        signal: abort.signal,
        onEvent: (event) => {
          const isFar = event.kind === "download" && event.received > SIZE / 3;
          if (isFar) abort.abort(new Error("enough"));
        },
      });
      await assertRejects(() => pull, Error, "enough");
    }
    const [partial = ""] = listPartials(store.dir.join("root"));
    const kept = await Deno.readFile(partial);
    assert(kept.length > SIZE / 4 && kept.length < SIZE, `${kept.length}`);
    assertEquals(kept, LARGE.blob.slice(0, kept.length));
    await using server = await serveScript([], { behind: registry.host });
    await pullImage(store.agent, `${server.host}/image:1`);
    const ranges = server.requests.filter(({ path }) => BLOB.test(path))
      .map(({ headers }) => headers.get("range"));
    assertEquals(ranges, [`bytes=${kept.length}-`]);
    checkStored(store.dir.path);
  });
});

function checkStored(directory: string): void {
  const [root, runRoot] = [`${directory}/root`, `${directory}/run`];
  assertEquals(checkStore({ root, runRoot }), []);
  assertEquals(listPartials(root), []);
}
