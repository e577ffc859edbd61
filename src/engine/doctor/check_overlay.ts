/** Tries overlay mounts on the store's file system. */

import { dirname, join } from "@std/path";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { whyOf } from "../../errors/why.ts";
import { randomSuffix } from "../../fs/random_name.ts";
import { systemMounter } from "../../mount/system_mounter.ts";
import type { MountPlan } from "../../mount/plan_overlay.ts";
import { about, type Check, type Finding } from "./finding.ts";
import type { ExamineOptions } from "./examine_options.ts";

// Optional features beyond a plain mount.
const FEATURES = ["metacopy=on", "volatile", "index=on"] as const;

/** Whether layers can be mounted, and with which features. */
export function overlayCheck(options: ExamineOptions): Check {
  return { name: "overlay", look: () => tryOverlay(options) };
}

async function tryOverlay(
  options: ExamineOptions,
): Promise<readonly Finding[]> {
  const { ok, fail } = about("overlay");
  const isNew = !existsSync(options.root);
  // Do not create directories that cannot be removed again.
  if (isNew && !existsSync(dirname(options.root))) {
    return [ok("not tried: the first pull creates the store")];
  }
  const trial = makeTrial(options.root);
  try {
    const problem = await tryPlain(trial, options);
    if (problem !== undefined) return [problem];
    const features: string[] = [];
    for (const feature of FEATURES) {
      if (await canMount(trial, feature)) features.push(feature);
    }
    return [ok(`works, also with ${features.join(", ") || "nothing else"}`)];
  } catch (error) {
    const found = whyOf(error);
    return [
      fail(
        found,
        "Use a directory on ext4 or xfs for --root (in a container, a volume), " +
          "or load overlay",
      ),
    ];
  } finally {
    rmSync(trial, { recursive: true, force: true });
    if (isNew) rmSync(options.root, { recursive: true, force: true });
  }
}

/** Below `<root>/orlop`, where no other tool looks. */
function makeTrial(root: string): string {
  const trial = join(root, "orlop", `trial-${randomSuffix()}`);
  for (const name of ["lower/folder", "upper", "work", "merged"]) {
    mkdirSync(join(trial, name), { recursive: true, mode: 0o700 });
  }
  writeFileSync(join(trial, "lower/file"), "");
  writeFileSync(join(trial, "lower/folder/hidden"), "");
  return trial;
}

/** Deletes through a mount, which needs whiteouts and trusted attributes. */
async function tryPlain(
  trial: string,
  { signal }: ExamineOptions,
): Promise<Finding | undefined> {
  const { fail } = about("overlay");
  const mounter = systemMounter();
  const merged = join(trial, "merged");
  const act = async (words: string, use: () => void) => {
    await mounter.mount(plan(trial, words), { signal });
    try {
      use();
    } finally {
      await mounter.unmount(merged);
    }
  };
  await act(`lowerdir=${trial}/lower,${above(trial)}`, () => {
    rmSync(join(merged, "file"));
    rmSync(join(merged, "folder"), { recursive: true });
    mkdirSync(join(merged, "folder"));
  });
  let found: string | undefined;
  await act(`lowerdir=${trial}/upper:${trial}/lower`, () => {
    if (existsSync(join(merged, "file"))) found = "whiteouts are not respected";
    if (existsSync(join(merged, "folder/hidden"))) {
      found = "trusted extended attributes are not kept";
    }
  });
  if (found === undefined) return undefined;
  return fail(found, "Use ext4 or xfs (ftype=1) for --root");
}

async function canMount(trial: string, feature: string): Promise<boolean> {
  const mounter = systemMounter();
  const words = `lowerdir=${trial}/lower,${above(trial)},${feature}`;
  for (const name of ["upper", "work"]) {
    rmSync(join(trial, name), { recursive: true, force: true });
    mkdirSync(join(trial, name));
  }
  try {
    await mounter.mount(plan(trial, words));
  } catch {
    return false; // this is what the check tests
  }
  await mounter.unmount(join(trial, "merged"));
  return true;
}

function above(trial: string): string {
  return `upperdir=${trial}/upper,workdir=${trial}/work`;
}

function plan(trial: string, data: string): MountPlan {
  const target = join(trial, "merged");
  return { source: "overlay", target, type: "overlay", flags: [], data };
}
