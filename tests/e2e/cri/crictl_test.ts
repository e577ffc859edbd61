/** crictl, as people use it, on images. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { existsSync } from "node:fs";
import { toText } from "../../../src/formats/bytes.ts";
import { needs, needsThat } from "../../support/peers.ts";
import { serveImages } from "../../support/servers/served_images.ts";
import { REGISTRY_PROGRAMS } from "../../support/servers/registry_server.ts";

const CRICTL = fromFileUrl(
  new URL("../../../.tools/cri-tools/bin/crictl", import.meta.url),
);
const ignore = needs(...REGISTRY_PROGRAMS).ignore ||
  needsThat(existsSync(CRICTL), "crictl is not built: scripts/conformance does")
    .ignore;
const APP = "registry.test/team/app";

Deno.test("crictl pulls, lists, inspects and removes images", {
  ignore,
}, async () => {
  await using served = await serveImages();
  const endpoint = `unix://${served.orlop.socket}`;
  const crictl = async (...args: string[]) => {
    const endpoints = ["-r", endpoint, "-i", endpoint];
    const { code, stdout, stderr } = await new Deno.Command(CRICTL, {
      args: ["--config", "/dev/null", ...endpoints, ...args],
    }).output();
    return { code, out: toText(stdout), err: toText(stderr) };
  };
  const pulled = await crictl("pull", `${APP}:1`);
  const [, id = ""] = /up to date for ([0-9a-f]{64})/.exec(pulled.out) ?? [];
  assertEquals(id.length, 64, pulled.err);
  const list = await crictl("images");
  assertMatch(list.out, new RegExp(`^${APP} +1 +${id.slice(0, 13)} `, "m"));
  const { out } = await crictl("inspecti", id.slice(0, 13));
  const { status, info } = JSON.parse(out);
  assertEquals([status.id, info.imageSpec.config.User], [id, "1000:50"]);
  const usage = JSON.parse((await crictl("imagefsinfo")).out);
  const [images] = usage.status.imageFilesystems;
  assert(Number(images.usedBytes.value) >= Number(status.size));
  assertEquals((await crictl("rmi", `${APP}:1`)).code, 0);
  assertEquals((await crictl("images", "-q")).out, "");
  const unknown = await crictl("pull", `${APP}:none`);
  assertEquals(unknown.code, 1);
  assertMatch(unknown.err, /code = NotFound/);
});
