/** A registry that asks for client certificates, beside skopeo. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { orlopIn } from "../../support/programs/orlop_program.ts";
import { makeClientCertificate } from "../../support/servers/make_certificates.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { startTlsFront } from "../../support/servers/tls_front.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

/** What a folder of certificates has beside the CA, and what comes of it. */
const CASES: Readonly<Record<string, readonly [string[], string | undefined]>> =
  {
    "a certificate that is known": [["known"], undefined],
    "no certificate": [[], "asks for a client certificate"],
    "one of another CA": [["strange"], "asks for a client certificate"],
    "a certificate without its key": [["known.cert"], "known.key is missing"],
  };

Deno.test("orlop pulls with client certificates", {
  ...needs("root", "nginx", ...REGISTRY_PROGRAMS),
}, async (t) => {
  using dir = tempDir();
  await writeLayout(dir.join("layout"), [await layerOf({ "a": "b" })]);
  await using registry = await startRegistry();
  await using front = await startTlsFront(registry.host);
  await registry.pushLayout(dir.join("layout"), "app:1");
  const authorities = { known: front.clients, strange: front.certDir };
  for (const [name, authority] of Object.entries(authorities)) {
    await makeClientCertificate(dir.join(name), { authority });
  }
  for (const [name, [files, says]] of Object.entries(CASES)) {
    await t.step(name, async () => {
      using home = tempDir();
      const certs = home.join(`.config/containers/certs.d/${front.host}`);
      await Deno.mkdir(certs, { recursive: true });
      await Deno.copyFile(`${front.certDir}/ca.crt`, `${certs}/ca.crt`);
      await install(files, { from: dir, to: certs });
      const orlop = orlopIn(home.path, { HOME: home.path });
      const image = `${front.host}/app:1`;
      const { code, err } = await orlop("pull", image);
      assertEquals(code === 0, says === undefined, err);
      assertStringIncludes(err, says ?? "");
      assertEquals(await skopeo(image, home), code === 0);
    });
  }
});

async function install(
  files: readonly string[],
  { from, to }: { readonly from: TempDir; readonly to: string },
): Promise<void> {
  const names = files.flatMap((name) =>
    name.includes(".") ? [name] : [`${name}.cert`, `${name}.key`]
  );
  for (const name of names) {
    await Deno.copyFile(from.join(name), `${to}/${name}`);
  }
}

async function skopeo(image: string, home: TempDir): Promise<boolean> {
  const { success } = await new Deno.Command("skopeo", {
    args: ["inspect", `docker://${image}`],
    env: { HOME: home.path },
  }).output();
  return success;
}
