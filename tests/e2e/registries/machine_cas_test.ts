/** CAs that the machine trusts: what they sign needs no certs.d. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { needs } from "../../support/peers.ts";
import { orlopIn } from "../../support/programs/orlop_program.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../../support/servers/registry_server.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { trustedDir } from "../../support/trusted_dir.ts";

Deno.test("orlop trusts the CAs that this machine trusts", {
  ...needs("root", ...REGISTRY_PROGRAMS),
}, async (t) => {
  await using registry = await startRegistry({ tls: true });
  using trusted = trustedDir();
  using open = tempDir();
  for (const dir of [trusted, open]) {
    await Deno.copyFile(`${registry.certDir}/ca.crt`, dir.join("ca.crt"));
  }
  const probe = async (env: Record<string, string>) => {
    const orlop = orlopIn(open.path, env);
    return await orlop(
      "explain",
      "--probe",
      "--tls-verify",
      `${registry.host}/x`,
    );
  };
  await t.step("such as those of SSL_CERT_FILE, as podman does", async () => {
    const { code, out } = await probe({
      "SSL_CERT_FILE": trusted.join("ca.crt"),
    });
    assertEquals(code, 3, out);
    assertStringIncludes(out, "the registry does not have it");
  });
  await t.step("but none that others can change", async () => {
    const { code, out, err } = await probe({
      "SSL_CERT_FILE": open.join("ca.crt"),
    });
    assertEquals(code, 6, out);
    assertStringIncludes(out, "unknown authority");
    assertStringIncludes(err, "SSL_CERT_FILE is not used: others can write to");
  });
});
