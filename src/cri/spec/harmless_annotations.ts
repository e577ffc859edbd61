/** Which annotations a runtime is told. */

// Runtimes obey others as root: run.oci.*, org.systemd.property.*, org.criu.*,
// module.wasm.*; Kubernetes' own are for people and tools to read.
const HARMLESS = /^([a-z0-9-]+\.)*(kubernetes|k8s)\.io\//;
const HARMLESS_PREFIX = "io.kubernetes.";

/** Those that no runtime takes for an order. */
export function harmlessAnnotations(
  annotations: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(annotations).filter(([name]) =>
    name.startsWith(HARMLESS_PREFIX) || HARMLESS.test(name)
  );
  return Object.fromEntries(entries);
}
