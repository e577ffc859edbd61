import { assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../src/errors/image_errors.ts";
import { parseRegistriesConf } from "../../src/formats/config/registries_conf.ts";
import { parseReference } from "../../src/formats/oci/reference.ts";
import {
  attemptsFor,
  connectEndpoint,
  type ConnectEndpointOptions,
  hostOf,
} from "../../src/registry/connect_endpoint.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const SAFE = { scheme: "https", insecure: false } as const;
const LAX = { scheme: "https", insecure: true } as const;
const PLAIN = { scheme: "http", insecure: false } as const;
const LOGIN = { kind: "password", username: "ann", password: "p" } as const;

/** Fails as a server does that is not there. */
const absent = (why: string) =>
  new RegistryError(`Cannot reach: ${why}`, { cause: new Error(why) });
const answered = (status: number) =>
  new RegistryError(`answered ${status}`, { status });

/** Connects to a name, whose tries fail, or give a text. */
async function connect(
  name: string,
  outcomes: readonly (Error | string)[],
  options: Partial<ConnectEndpointOptions> & {
    readonly insecure?: boolean;
    readonly typed?: string;
  } = {},
) {
  using dir = tempDir();
  const { insecure = false, typed = name, ...more } = options;
  const tried: unknown[] = [];
  const reference = parseReference(name);
  const result = connectEndpoint(
    { reference, insecure, isMirror: false },
    {
      ...placesIn(dir),
      reference: parseReference(typed),
      conf: parseRegistriesConf("", "/r.conf"),
      ...more,
    },
    ({ registry, tls, ...settings }, { retry }) => {
      tried.push({ origin: registry.origin, tls, retry, settings });
      const outcome = outcomes[tried.length - 1] ?? "";
      return typeof outcome === "string"
        ? Promise.resolve(outcome)
        : Promise.reject(outcome);
    },
  );
  const [settled] = await Promise.allSettled([result]);
  return { settled, tried };
}

function placesIn(dir: TempDir) {
  return {
    systemDirectory: dir.join("etc"),
    vendorDirectory: dir.join("usr"),
    env: { HOME: dir.path },
  };
}

Deno.test("attemptsFor() tries http for insecure and local endpoints alone", async (t) => {
  const cases: readonly (readonly [
    name: string,
    insecure: boolean,
    tlsVerify: boolean | undefined,
    attempts: readonly unknown[],
  ])[] = [
    ["q.io/a", false, undefined, [SAFE]],
    ["q.io/a", false, true, [SAFE]],
    ["q.io/a", false, false, [LAX, PLAIN]],
    ["q.io/a", true, undefined, [LAX, PLAIN]],
    ["q.io/a", true, true, [SAFE]],
    ["localhost:5000/a", false, undefined, [SAFE, PLAIN]],
    ["127.0.0.1:5000/a", false, undefined, [SAFE, PLAIN]],
    ["127.0.0.1:5000/a", false, true, [SAFE]],
    ["127.0.0.1:5000/a", false, false, [LAX, PLAIN]],
    ["localhost:5000/a", true, undefined, [LAX, PLAIN]],
  ];
  for (const [name, insecure, tlsVerify, attempts] of cases) {
    await t.step(`${name} ${insecure} ${tlsVerify}`, () => {
      const reference = parseReference(name);
      const endpoint = { reference, insecure, isMirror: false };
      assertEquals(attemptsFor(endpoint, { tlsVerify }), attempts);
    });
  }
});

Deno.test("hostOf() knows where Docker Hub's API is", () => {
  const hosts = ["docker.io/library/a", "a", "q.io/a", "x.docker.io/a"]
    .map((name) => hostOf(parseReference(name)));
  assertEquals(hosts, [
    ...["registry-1.docker.io", "registry-1.docker.io"],
    ...["q.io", "x.docker.io"],
  ]);
});

Deno.test("connectEndpoint() reports what is asked, and as whom", async () => {
  const onWarning = () => {};
  const retry = { tries: 7 };
  const { tried } = await connect("localhost:5000/team/app:1", [absent("x")], {
    ...{ credentials: LOGIN, verb: "inspect", onWarning, retry },
  });
  const settings = {
    ...{
      title: "localhost:5000/team/app:1",
      verb: "inspect",
      path: "team/app",
    },
    ...{ name: "1", credentials: LOGIN, onWarning, retry },
  };
  assertEquals(tried, [
    {
      ...{ origin: "https://localhost:5000", tls: {}, settings },
      // The other scheme is a better idea than the same one again.
      retry: { tries: 7, unansweredTries: 1 },
    },
    { origin: "http://localhost:5000", tls: {}, settings, retry },
  ]);
  const lax = await connect("q.io/app", [absent("x")], { insecure: true });
  assertEquals(
    lax.tried.map((one) => Reflect.get(Object(one), "tls")),
    [{ insecure: true }, {}],
  );
});

Deno.test("connectEndpoint() names the tag, the digest, or the latest", async (t) => {
  const digest = `sha256:${"a".repeat(64)}`;
  const names = {
    "q.io/a": "latest",
    "q.io/a:1": "1",
    [`q.io/a@${digest}`]: digest,
    [`q.io/a:1@${digest}`]: digest,
  };
  for (const [name, expected] of Object.entries(names)) {
    await t.step(name, async () => {
      const { tried: [one] } = await connect(name, []);
      const settings = Reflect.get(Object(one), "settings");
      assertEquals(Reflect.get(Object(settings), "name"), expected);
    });
  }
});

Deno.test("connectEndpoint() gives a login to the host that it is for", async () => {
  const credentialsOf = async (name: string) => {
    const { tried: [one] } = await connect(name, [], {
      ...{ typed: "q.io/app:1", credentials: LOGIN },
    });
    const settings = Reflect.get(Object(one), "settings");
    assertEquals(Reflect.get(Object(settings), "title"), "q.io/app:1");
    return Reflect.get(Object(settings), "credentials");
  };
  assertEquals(await credentialsOf("q.io/app:1"), LOGIN);
  assertEquals(await credentialsOf("q.io/other:1"), LOGIN);
  assertEquals(await credentialsOf("mirror.io/app:1"), undefined);
  assertEquals(await credentialsOf("q.io:443/app:1"), undefined);
});

Deno.test("connectEndpoint() tries http where https has no answer", async (t) => {
  const refused = absent("connection refused");
  const unknown = absent("UnknownIssuer");
  const cases: readonly (readonly [
    string,
    readonly (Error | string)[],
    tries: number,
    expected: Error | string,
  ])[] = [
    ["https answers", ["yes"], 1, "yes"],
    ["http answers", [refused, "yes"], 2, "yes"],
    ["https answers with an error", [answered(404), "yes"], 1, answered(404)],
    ["something else fails", [new Error("odd"), "yes"], 1, new Error("odd")],
    ["http answers with an error", [refused, answered(404)], 2, answered(404)],
    ["neither answers, for one reason", [refused, refused], 2, refused],
    ["the certificate is unknown", [unknown, refused], 2, unknown],
    [
      "the certificate is unknown to both",
      [unknown, answered(400)],
      2,
      unknown,
    ],
    [
      "neither answers, for two reasons",
      [refused, absent("ETIMEDOUT")],
      2,
      new RegistryError(
        'Cannot reach "localhost:5000": by https, connection refused; by ' +
          "http, it does not answer",
      ),
    ],
    [
      "http is refused",
      [refused, answered(400)],
      2,
      new RegistryError(
        'Cannot reach "localhost:5000": by https, connection refused; by ' +
          "http, it answers with status 400",
      ),
    ],
  ];
  for (const [name, outcomes, tries, expected] of cases) {
    await t.step(name, async () => {
      const { settled, tried } = await connect("localhost:5000/a", outcomes);
      assertEquals(tried.length, tries);
      if (settled.status === "fulfilled") {
        assertEquals(settled.value, expected);
        return;
      }
      const { reason } = settled;
      if (!(expected instanceof Error)) throw reason;
      assertEquals([reason.name, reason.message], [
        ...[expected.name, expected.message],
      ]);
      if (reason.message.includes("by https,")) {
        assertEquals(reason.cause, outcomes[1]);
      } else assertEquals(reason.status, Reflect.get(expected, "status"));
    });
  }
  await t.step("not beyond this machine", async () => {
    const { settled, tried } = await connect("q.io/a", [refused, "yes"]);
    assertEquals(tried.length, 1);
    assertEquals(settled, { status: "rejected", reason: refused });
  });
});

Deno.test("connectEndpoint() ends with its caller's signal", async () => {
  const enough = new Error("enough");
  const controller = new AbortController();
  const { signal } = controller;
  using dir = tempDir();
  const reference = parseReference("localhost:5000/a");
  let tries = 0;
  const connected = connectEndpoint(
    { reference, insecure: false, isMirror: false },
    {
      ...{ ...placesIn(dir), reference, signal },
      conf: parseRegistriesConf("", "/r.conf"),
    },
    (_, options) => {
      tries++;
      assertEquals(options.signal, signal);
      controller.abort(enough);
      return Promise.reject(absent("x"));
    },
  );
  assertEquals(await assertRejects(() => connected, Error), enough);
  assertEquals(tries, 1);
});
