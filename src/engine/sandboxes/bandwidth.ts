/** Bandwidth limits of a pod, from Kubernetes' annotations. */

import { InvalidSandboxError } from "../../errors/network_errors.ts";
import type { Bandwidth } from "../../formats/cni/plugin_input.ts";

const INGRESS = "kubernetes.io/ingress-bandwidth";
const EGRESS = "kubernetes.io/egress-bandwidth";

// Suffixes of Kubernetes' quantities that make sense here.
const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};
// The range of Kubernetes' own code, in bits per second.
const MIN = 1e3;
const MAX = 1e15;
// As in containerd and CRI-O: the maximum of the plugin, in bits.
const BURST = 0xffff_ffff - 1;

/**
 * Reads the limits; undefined if there are none.
 *
 * @throws {InvalidSandboxError} If one is not a number of bits per second.
 */
export function readBandwidth(
  annotations: Readonly<Record<string, string>>,
): Bandwidth | undefined {
  const ingress = readRate(annotations, INGRESS);
  const egress = readRate(annotations, EGRESS);
  if (ingress === undefined && egress === undefined) return undefined;
  return {
    ...ingress === undefined
      ? {}
      : { ingressRate: ingress, ingressBurst: BURST },
    ...egress === undefined ? {} : { egressRate: egress, egressBurst: BURST },
  };
}

/**
 * The same, but no limits if malformed, so that existing sandboxes can be removed.
 */
export function tryReadBandwidth(
  annotations: Readonly<Record<string, string>>,
): Bandwidth | undefined {
  try {
    return readBandwidth(annotations);
  } catch (error) {
    if (error instanceof InvalidSandboxError) return undefined;
    throw error;
  }
}

function readRate(
  annotations: Readonly<Record<string, string>>,
  name: string,
): number | undefined {
  const text = annotations[name];
  if (text === undefined) return undefined;
  const [, digits = "", unit = ""] =
    /^(\d+(?:\.\d+)?)([kMGTP]|[KMGTP]i)?$/.exec(text) ?? [];
  const factor = FACTORS[unit];
  const rate = Math.floor(Number(digits) * (factor ?? NaN));
  if (digits !== "" && rate >= MIN && rate <= MAX) return rate;
  throw new InvalidSandboxError(
    `Cannot use annotation "${name}": "${text}" is no bandwidth of 1k to 1P`,
  );
}
