import { assertEquals } from "@std/assert";
import { harmlessAnnotations } from "../../../src/cri/spec/harmless_annotations.ts";

Deno.test("harmlessAnnotations() passes on what no runtime obeys", () => {
  const harmless = {
    "io.kubernetes.container.hash": "1",
    "kubernetes.io/config.seen": "2",
    "app.kubernetes.io/name": "3",
  };
  const found = harmlessAnnotations({
    ...harmless,
    "run.oci.handler": "x",
    "run.oci.hooks.stdout": "/etc/passwd",
    "org.systemd.property.ExecStart": "x",
    "org.criu.config": "/x",
    "module.wasm.image/variant": "compat",
    "run.oci.x/kubernetes.io/": "x",
    "evil/app.kubernetes.io/name": "x",
    "xkubernetes.io/a": "x",
  });
  assertEquals(found, harmless);
});
