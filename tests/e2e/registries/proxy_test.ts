/** orlop behind a proxy, beside skopeo. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { orlopIn } from "../../support/programs/orlop_program.ts";
import {
  type ConnectProxyOptions,
  startProxy,
} from "../../support/servers/connect_proxy.ts";
import {
  REGISTRY_PROGRAMS,
  type RegistryServer,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** What is asked for, of which only the proxy knows where it is. */
interface Way {
  readonly variable: string;
  /** How the URL of the proxy begins. */
  readonly start?: string;
  readonly noProxy?: string;
  readonly proxy?: ConnectProxyOptions;
  readonly flags?: readonly string[];
  readonly tls: boolean;
  /** What the error says; a pull that works if left out. */
  readonly says?: string;
}

const LOGIN = { login: "me:SE@CRET" };
const WAYS: Readonly<Record<string, Way>> = {
  "https": { variable: "HTTPS_PROXY", tls: true },
  "https, a variable in small letters": { variable: "https_proxy", tls: true },
  "https, its certificate not verified": {
    variable: "HTTPS_PROXY",
    tls: true,
    flags: ["--tls-verify=false", "--cert-dir=/var/empty"],
  },
  "http": {
    variable: "HTTP_PROXY",
    tls: false,
    flags: ["--tls-verify=false"],
  },
  "a proxy that wants a login": {
    variable: "HTTPS_PROXY",
    start: "http://me:SE%40CRET@",
    proxy: LOGIN,
    tls: true,
  },
  "the same, its certificate not verified": {
    variable: "HTTPS_PROXY",
    start: "http://me:SE%40CRET@",
    proxy: LOGIN,
    tls: true,
    flags: ["--tls-verify=false", "--cert-dir=/var/empty"],
  },
  "a proxy that wants another login": {
    variable: "HTTPS_PROXY",
    start: "http://me:SECRET2@",
    proxy: LOGIN,
    tls: true,
    says: "the proxy wants another login",
  },
  "a proxy that refuses to connect": {
    variable: "HTTPS_PROXY",
    start: "http://me:SECRET@",
    proxy: { status: "403 Forbidden" },
    tls: true,
    says: "the proxy does not connect to it; NO_PROXY may list",
  },
  "a proxy that is not there": {
    variable: "HTTPS_PROXY",
    start: "http://me:SECRET@127.0.0.1:1/#",
    tls: true,
    says: 'by proxy "http://127.0.0.1:1" of HTTPS_PROXY: connection refused',
  },
  "a proxy that is no URL": {
    variable: "HTTPS_PROXY",
    start: "ftp://me:SECRET@",
    tls: true,
    says: 'Cannot use HTTPS_PROXY: its scheme is "ftp"',
  },
  "a host of NO_PROXY": {
    variable: "HTTPS_PROXY",
    noProxy: "x, .lan, registry.test",
    tls: true,
    says: "host name not found",
  },
};

Deno.test("orlop pulls through proxies", {
  ...needs("root", ...REGISTRY_PROGRAMS),
}, async (t) => {
  using dir = tempDir();
  await writeLayout(dir.join("layout"), [await layerOf({ "a": "b" })]);
  await using plain = await startRegistry();
  await using secure = await startRegistry({ tls: true });
  for (const registry of [plain, secure]) {
    await registry.pushLayout(dir.join("layout"), "app:1");
  }
  for (const [name, way] of Object.entries(WAYS)) {
    await t.step(name, () => pull(way, way.tls ? secure : plain));
  }
});

async function pull(
  { variable, start = "http://", noProxy = "", flags = [], proxy, says }: Way,
  { host, certDir }: RegistryServer,
): Promise<void> {
  await using server = startProxy(proxy);
  using dir = tempDir();
  const orlop = orlopIn(dir.path, {
    [variable]: `${start}${server.host}`,
    "NO_PROXY": noProxy,
  });
  const name = `registry.test:${host.split(":").at(-1)}`;
  const { code, out, err } = await orlop(
    ...["pull", "--log-level=debug", "--cert-dir", certDir],
    ...[...flags, `${name}/app:1`],
  );
  assert(!`${out}${err}`.includes("CRET"), err);
  if (says === undefined) {
    assertEquals(code, 0, err);
    assert(server.asked.length > 0);
    assert(server.asked.every((line) => line.includes(name)));
  } else {
    assertStringIncludes(err, says);
    assertEquals(server.asked.length > 0, proxy !== undefined);
  }
}
