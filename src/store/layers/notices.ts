/**
 * Notices: status files that a working process publishes, such as the progress of a
 * pull. Its owner keeps a lock file beside it locked; a notice ends with its
 * process. Notices are not records: nothing depends on them, and a damaged one is
 * skipped.
 */

import { join } from "@std/path";
import {
  existsSync,
  lstatSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { toText } from "../../formats/bytes.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { readRegularFile } from "../../fs/regular_file.ts";
import { lockNewFile, tryLock } from "../records/lock.ts";
import type { Store } from "../store.ts";

/** A notice that others see until it is disposed of. */
export interface Notice extends Disposable {
  /** Replaces its text atomically. */
  write(text: string): void;
}

type NoticeStore = Pick<Store, "paths" | "libc">;

// Those of an image with the most layers have a few dozen KiB.
const MAX_BYTES = 1024 * 1024;
const LOCK_NAME = /^\d+$/;
const TEXT_NAME = /^(\d+)\.(?:json|next)$/;

/** Publishes a notice, which has no text yet. */
export function openNotice(store: NoticeStore): Notice {
  const lock = lockNewFile(noticeDirectory(store), store.libc);
  const { path } = lock;
  return {
    write(text) {
      // Renamed when complete; not synced, as a reboot may remove it.
      writeFileSync(`${path}.next`, text, { mode: 0o600 });
      renameSync(`${path}.next`, `${path}.json`);
    },
    [Symbol.dispose]() {
      removeNotice(path);
      lock[Symbol.dispose]();
    },
  };
}

/** The texts of all notices; removes those of processes that died. */
export function readNotices(store: NoticeStore): readonly string[] {
  const directory = noticeDirectory(store);
  return listIfDirectory(directory).flatMap((name) => {
    const path = join(directory, name);
    if (!LOCK_NAME.test(name)) {
      removeIfStray(path);
      return [];
    }
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
      return []; // gone, or not a notice
    }
    using lock = tryLock(path, store.libc);
    if (lock === undefined) return readText(`${path}.json`);
    removeNotice(path);
    return [];
  });
}

function noticeDirectory({ paths }: NoticeStore): string {
  return join(paths.runRoot, "orlop", "notices");
}

/** The lock file is removed last: until then others can find the rest. */
function removeNotice(path: string): void {
  for (const suffix of [".next", ".json", ""]) {
    try {
      rmSync(path + suffix, { force: true });
    } catch {
      // A directory in its place was not made by orlop.
    }
  }
}

/** Removes a file that has no lock file beside it. */
function removeIfStray(path: string): void {
  const isText = TEXT_NAME.test(path.slice(path.lastIndexOf("/") + 1));
  const isFile = lstatSync(path, { throwIfNoEntry: false })?.isFile();
  if (!isText || !isFile) return;
  if (!existsSync(path.slice(0, path.lastIndexOf(".")))) {
    rmSync(path, { force: true });
  }
}

/** Empty if there is none, or if it is no regular file. */
function readText(path: string): readonly string[] {
  try {
    const bytes = readRegularFile(path, MAX_BYTES);
    return typeof bytes === "string" ? [] : [toText(bytes)];
  } catch {
    return []; // it cannot be read
  }
}
