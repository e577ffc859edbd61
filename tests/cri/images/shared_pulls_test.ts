import { assert, assertEquals, assertRejects } from "@std/assert";
import { SharedPulls } from "../../../src/cri/images/shared_pulls.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import {
  type ImageRegistry,
  makeImage,
  type Misbehave,
  noise,
  sendHalf,
  serveImage,
} from "../../support/servers/served_image.ts";
import { storeAgent } from "../../support/store_agent.ts";
import { until } from "../../support/until.ts";

const IMAGE = makeImage([await layerOf({ "file": noise(1_000_000) })]);
const [LAYER] = IMAGE.layers;
const NONE = undefined;

Deno.test("SharedPulls makes one transfer for equal pulls", async () => {
  using store = storeAgent();
  await using registry = serveImage(IMAGE);
  const pulls = new SharedPulls(store.agent);
  const request = { name: registry.name, credentials: NONE, signal: never() };
  const all = Array.from({ length: 5 }, () => pulls.pull(request));
  assertEquals(pulls.count, 1);
  const ids = (await Promise.all(all)).map(({ imageId }) => imageId);
  assertEquals(new Set(ids).size, 1);
  assertEquals(pulls.count, 0);
  assertEquals(manifestRequests(registry), 1);
  await pulls.pull(request);
  assertEquals(manifestRequests(registry), 2, "the registry is asked again");
});

Deno.test("SharedPulls joins no pulls with other credentials", async () => {
  using store = storeAgent();
  await using registry = serveImage(IMAGE);
  const pulls = new SharedPulls(store.agent);
  const { name } = registry;
  const kind = "password";
  const all = ["a", "b", "b"].map((username) =>
    pulls.pull({
      name,
      credentials: { kind, username, password: "p" },
      signal: never(),
    })
  );
  assertEquals(pulls.count, 2);
  await Promise.all(all);
});

Deno.test("SharedPulls ends a pull when its last caller goes", async () => {
  using store = storeAgent();
  await using registry = serveImage(IMAGE, hang());
  const pulls = new SharedPulls(store.agent);
  const [one, other] = [new AbortController(), new AbortController()];
  const pull = ({ signal }: AbortController) =>
    pulls.pull({ name: registry.name, credentials: NONE, signal });
  const first = assertRejects(() => pull(one), Error, "one went");
  const second = assertRejects(() => pull(other), Error, "other went");
  await until(() => layerRequests(registry).length > 0);
  one.abort(new Error("one went"));
  await first;
  assertEquals(pulls.count, 1);
  other.abort(new Error("other went"));
  await second;
  assertEquals(pulls.count, 0);
  // It has let go of all: a new one goes on where it was.
  await pull(new AbortController());
  assertEquals(layerRequests(registry).length, 2);
});

Deno.test("SharedPulls ends a pull in which nothing moves", async () => {
  using store = storeAgent();
  await using registry = serveImage(IMAGE, hang());
  const pulls = new SharedPulls(store.agent, { stallTimeoutMs: 500 });
  const { name } = registry;
  const error = await assertRejects(
    () => pulls.pull({ name, credentials: NONE, signal: never() }),
    DOMException,
    "nothing has moved for 0.5 s",
  );
  assertEquals(error.name, "TimeoutError");
  assertEquals(pulls.count, 0);
});

Deno.test("SharedPulls tells a failure to all callers", async () => {
  using store = storeAgent();
  await using registry = serveImage(
    IMAGE,
    ({ kind }) =>
      kind === "manifest" ? new Response(null, { status: 404 }) : NONE,
  );
  const pulls = new SharedPulls(store.agent);
  const { name } = registry;
  const results = await Promise.allSettled(
    [1, 2, 3].map(() =>
      pulls.pull({ name, credentials: NONE, signal: never() })
    ),
  );
  assert(results.every(({ status }) => status === "rejected"));
  assertEquals(pulls.count, 0);
});

function never(): AbortSignal {
  return new AbortController().signal;
}

/** Sends half of the layer when it is first asked for. */
function hang(): Misbehave {
  let isDone = false;
  return ({ name }) => {
    const bytes = IMAGE.blobs.get(name);
    if (name !== LAYER?.digest || isDone || bytes === undefined) return NONE;
    isDone = true;
    return sendHalf(bytes);
  };
}

function manifestRequests({ requests }: ImageRegistry): number {
  return requests.filter(({ url }) => url.includes("/manifests/")).length;
}

function layerRequests({ requests }: ImageRegistry) {
  return requests.filter(({ url }) => url.endsWith(`/blobs/${LAYER?.digest}`));
}
