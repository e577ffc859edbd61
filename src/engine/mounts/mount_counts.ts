/**
 * The counts of a layer's users, as far as it is mounted. The kernel's mount table is
 * the truth: a count without a mount, as after a reboot, does not count.
 */

import type { MountRecord } from "../../formats/storage/store_record.ts";
import { isErrno } from "../../fs/errno.ts";
import { HINT } from "../../store/records/record_table.ts";
import type { Records } from "../../store/records/records.ts";
import type { HeldLocks } from "../../store/records/tables.ts";
import { Semaphore } from "../semaphore.ts";

/** The locks under which a store is mounted and unmounted, as in all tools. */
export const MOUNT_LOCKS = { storage: "write", layers: "write" } as const;

/** The locks, held. */
export type MountLocks = HeldLocks<typeof MOUNT_LOCKS>;

const MAX_PROGRAMS = 8;

/** Limits the mount programs that run at once; they mostly wait for the kernel. */
export const mountPrograms = new Semaphore(MAX_PROGRAMS);

/** Changes a count; the caller saves it. */
export function setCount(
  mounts: Records<MountRecord>,
  record: MountRecord,
): void {
  if (record.count === 0 && mounts.get(record.id) === undefined) return;
  mounts.remove(record.id);
  if (record.count > 0) mounts.add(record);
}

/**
 * Saves lower counts. On a full disk they are not saved: a count without a mount is
 * harmless.
 */
export function saveLess(mounts: Records<MountRecord>): void {
  try {
    mounts.save(HINT);
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT")) throw error;
  }
}
