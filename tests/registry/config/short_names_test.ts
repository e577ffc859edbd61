import { assertEquals, assertThrows } from "@std/assert";
import { InvalidImageNameError } from "../../../src/errors/naming_errors.ts";
import {
  EMPTY_CONF,
  type RegistriesConf,
} from "../../../src/formats/config/registries_conf.ts";
import { nameOf } from "../../../src/formats/oci/reference.ts";
import { candidatesFor } from "../../../src/registry/config/short_names.ts";

const CONF: RegistriesConf = {
  ...EMPTY_CONF,
  searchRegistries: ["docker.io", "quay.io:443"],
  aliases: new Map([
    ["box", { name: "quay.io/team/box", source: "/r.conf" }],
    ["off", { name: "", source: "/r.conf" }],
  ]),
};

Deno.test("candidatesFor() resolves short names", async (t) => {
  const digest = `sha256:${"a".repeat(64)}`;
  const cases: [name: string, candidates: string[]][] = [
    ["q.io/a", ["q.io/a:latest"]],
    ["box:2", ["quay.io/team/box:2"]],
    [`box@${digest}`, [`quay.io/team/box@${digest}`]],
    ["a:1", ["docker.io/library/a:1", "quay.io:443/a:1"]],
    ["a/b", ["docker.io/a/b:latest", "quay.io:443/a/b:latest"]],
    ["off", ["docker.io/library/off:latest", "quay.io:443/off:latest"]],
  ];
  for (const [name, candidates] of cases) {
    await t.step(name, () => {
      assertEquals(candidatesFor(name, CONF).map(nameOf), candidates);
    });
  }
});

Deno.test("candidatesFor() asks for a full name", () => {
  assertThrows(
    () => candidatesFor("busybox", EMPTY_CONF),
    InvalidImageNameError,
    "docker.io/library/busybox",
  );
  assertThrows(
    () => candidatesFor("a", { ...CONF, shortNameMode: "enforcing" }),
    InvalidImageNameError,
    "docker.io, quay.io:443",
  );
  assertThrows(() => candidatesFor("A", CONF), SyntaxError);
});
