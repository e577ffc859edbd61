/**
 * Devices that CDI specifications describe. These are applied as root, including
 * hooks: only files that nobody but root can change are read.
 */

import { join } from "@std/path";
import { whyOf } from "../../errors/why.ts";
import {
  type DeviceName,
  parseDeviceName,
} from "../../formats/cdi/device_name.ts";
import {
  type DeviceEdits,
  type DeviceNode,
  type DeviceSpec,
  parseDeviceSpec,
} from "../../formats/cdi/device_spec.ts";
import { parseYamlSpec } from "../../formats/cdi/yaml_spec.ts";
import type { RuntimeSpec } from "../../formats/oci/runtime_spec.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { applyEdits, type FoundNode } from "../../image/device_edits.ts";
import type { Host } from "../../process/host.ts";
import { findOtherWriter } from "../../process/who_can_change.ts";
import { findDevice } from "./host_resources.ts";

/** Which devices, and where they are described. */
export interface DescribedDevices {
  /** Such as `vendor.com/class=name`. */
  readonly names: readonly string[];
  /**
   * Folders of specifications: a later one takes precedence.
   *
   * @default {["/etc/cdi", "/var/run/cdi"]}
   */
  readonly directories?: readonly string[] | undefined;
}

/** Where specifications are: CDI, SPEC.md. */
const DIRECTORIES = ["/etc/cdi", "/var/run/cdi"];

/**
 * Gives a container devices.
 *
 * @throws {TypeError} If one is not described, or twice, or is not there.
 */
export async function addDescribedDevices(
  host: Host,
  spec: RuntimeSpec,
  { names, directories = DIRECTORIES }: DescribedDevices,
): Promise<RuntimeSpec> {
  if (names.length === 0) return spec;
  const wanted = [...new Set(names)].map(parseDeviceName);
  const found = await readAll(directories);
  const used = new Set<DeviceSpec>();
  let changed = spec;
  for (const name of wanted) {
    const { description, edits } = findEdits(found, name);
    // The edits of a kind are applied once, before those of its devices.
    if (!used.has(description)) apply(description.edits);
    used.add(description);
    apply(edits);
  }
  return changed;

  function apply({ nodes, ...edits }: DeviceEdits): void {
    checkMounts(host, edits.mounts);
    changed = applyEdits(changed, {
      ...edits,
      nodes: nodes.map((node) => findNode(host, node)),
    });
  }
}

interface Found {
  readonly description: DeviceSpec;
  readonly path: string;
}

interface AllFound {
  /** By folder, the last one first. */
  readonly folders: readonly (readonly Found[])[];
  /** Specifications that were skipped, and why. */
  readonly problems: readonly string[];
}

async function readAll(directories: readonly string[]): Promise<AllFound> {
  const problems: string[] = [];
  const folders: Found[][] = [];
  for (const directory of directories.toReversed()) {
    const found: Found[] = [];
    for (const file of listIfDirectory(directory).toSorted()) {
      if (!/\.(json|ya?ml)$/.test(file)) continue;
      const path = join(directory, file);
      try {
        found.push({ path, description: await readSpec(path) });
      } catch (error) {
        problems.push(whyOf(error));
      }
    }
    folders.push(found);
  }
  return { folders, problems };
}

async function readSpec(path: string): Promise<DeviceSpec> {
  const otherWriter = findOtherWriter(path);
  if (otherWriter !== undefined) {
    throw new TypeError(`Cannot use "${path}": ${otherWriter}`);
  }
  const text = await Deno.readTextFile(path);
  return path.endsWith(".json")
    ? parseDeviceSpec(text, `"${path}"`)
    : await parseYamlSpec(text, `"${path}"`);
}

function findEdits(
  { folders, problems }: AllFound,
  { kind, name }: DeviceName,
): { readonly description: DeviceSpec; readonly edits: DeviceEdits } {
  for (const folder of folders) {
    const having = folder.filter(({ description }) =>
      description.kind === kind && description.devices.has(name)
    );
    const [first, second] = having;
    if (first === undefined) continue;
    if (second !== undefined) {
      throw new TypeError(
        `Cannot use device "${kind}=${name}": both "${first.path}" and ` +
          `"${second.path}" describe it`,
      );
    }
    const { description } = first;
    const edits = description.devices.get(name);
    if (edits !== undefined) return { description, edits };
  }
  const why = ["nothing describes it", ...problems].join("; ");
  throw new TypeError(`Cannot use device "${kind}=${name}": ${why}`);
}

function findNode(host: Host, node: DeviceNode): FoundNode {
  const { path, hostPath, permissions, uid, gid } = node;
  const found = findDevice(host, {
    ...{ source: hostPath, target: path, access: permissions },
  });
  const { fileMode = found.fileMode } = node;
  return { ...found, fileMode, uid, gid };
}

function checkMounts(host: Host, mounts: DeviceEdits["mounts"]): void {
  for (const { hostPath, options } of mounts) {
    const isBind = options.length === 0 ||
      options.some((word) => /^r?bind$/.test(word));
    if (!isBind || host.readStatus(hostPath) !== undefined) continue;
    throw new TypeError(
      `Cannot mount "${hostPath}" for a device: there is no such file or ` +
        "directory",
    );
  }
}
