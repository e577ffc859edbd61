/** Annotations that are passed to a runtime. */

// Runtimes act as root on others, such as run.oci.*, org.systemd.property.*,
// org.criu.* and module.wasm.*; Kubernetes' own have no effect.
const HARMLESS = /^([a-z0-9-]+\.)*(kubernetes|k8s)\.io\//;
const HARMLESS_PREFIX = "io.kubernetes.";

/** Annotations that change nothing in a runtime. */
export function harmlessAnnotations(
  annotations: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(annotations).filter(([name]) =>
    name.startsWith(HARMLESS_PREFIX) || HARMLESS.test(name)
  );
  return Object.fromEntries(entries);
}
