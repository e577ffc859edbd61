/** Damages each file of a store in each way, and reports the result. */

import { messageOf } from "../../../src/errors/why.ts";
import { join } from "@std/path";
import {
  FILE_DAMAGES,
  listStoreFiles,
  type StoreFile,
  type Templates,
} from "../../../tests/support/damaged_file.ts";
import { digestOfTree } from "../../../tests/support/images/tree_digest.ts";
import { startRegistry } from "../../../tests/support/servers/registry_server.ts";
import {
  copyOf,
  makeTemplate,
  pushSubject,
  readRecords,
  type Subject,
} from "../../../tests/support/store_damage.ts";
import { shuffled } from "../../../tests/support/seeded.ts";
import { print } from "../print.ts";
import { runInOne } from "./run_in_one.ts";
import { verifyStore } from "./verify_store.ts";
import type { CrashOptions } from "./options.ts";
import type { CrashTable } from "./table.ts";

/** The result of damaging a file. */
type Outcome =
  | { readonly kind: "repaired" }
  /** Nothing needs what is damaged, or it was made again by itself. */
  | { readonly kind: "harmless" }
  /** It cannot be restored, and orlop reported so. */
  | { readonly kind: "told"; readonly why: string }
  | { readonly kind: "broken"; readonly why: string };

/** Files that are tried at once. */
const LANES = 2;
const ROLE_WIDTH = 46;
const CELL_WIDTH = 9;

/** Tries them in random order until time is up, and prints the table. */
export async function damageEachFile(
  table: CrashTable,
  { deadlineMs, random, points = Infinity }: CrashOptions,
): Promise<void> {
  await using registry = await startRegistry();
  await using store = await makeTemplate(await pushSubject(registry));
  const templates = {
    now: store.join("template"),
    before: store.join("before"),
  };
  const files = listStoreFiles(templates, namesOf(templates));
  const outcomes = new Map<string, Map<string, Outcome["kind"]>>();
  const trials = files.flatMap((file) =>
    Object.keys(FILE_DAMAGES).map((damage) => ({ file, damage }))
  );
  let tried = 0;
  const waiting = [...shuffled(trials, random)];
  await Promise.all(Array.from({ length: LANES }, async () => {
    for (;;) {
      const isOver = tried >= points || performance.now() > deadlineMs;
      const trial = tried > 0 && isOver ? undefined : waiting.pop();
      if (trial === undefined) return;
      const { file, damage } = trial;
      const outcome = await tryFile(store, { file, damage, templates });
      if (outcome === undefined) continue;
      tried++;
      note(file, damage, outcome);
    }
  }));
  print(`files: ${tried} of at most ${trials.length}`);
  printOutcomes(outcomes);

  function note(file: StoreFile, damage: string, outcome: Outcome): void {
    const row = outcomes.get(file.role) ?? new Map<string, Outcome["kind"]>();
    outcomes.set(file.role, row.set(damage, outcome.kind));
    table.note(`files ${damage}`, RESULTS[outcome.kind], whyOf(file, outcome));
    if (outcome.kind === "told") {
      print(`told    ${damage} ${whyOf(file, outcome)}`);
    }
  }
}

const RESULTS = {
  repaired: "whole",
  harmless: "whole",
  told: "told",
  broken: "broken",
} as const;

function whyOf({ role }: StoreFile, outcome: Outcome): string {
  return `${role}: ${"why" in outcome ? outcome.why : outcome.kind}`;
}

/** @returns Undefined if the damage would change nothing. */
export async function tryFile(
  template: Awaited<ReturnType<typeof makeTemplate>>,
  { file, damage, templates }: {
    readonly file: StoreFile;
    readonly damage: string;
    readonly templates: Templates;
  },
): Promise<Outcome | undefined> {
  const program = await copyOf(template);
  await using store = runInOne(program);
  const own = digestOfTree(join(store.own, "diff"));
  if (!FILE_DAMAGES[damage]?.(store.root, file, templates)) return undefined;
  const broken = (why: string): Outcome => ({ kind: "broken", why });
  try {
    const found = await store.tryOrlop("check", "--full");
    const flags = ["--full", "--repair", "--tls-verify=false"];
    const repair = found.code === 0
      ? found
      // A check without it gives up the network for all commands of the process.
      : await program.tryOrlop("check", ...flags);
    if (digestOfTree(join(store.own, "diff")) !== own) {
      return broken("a container's files are gone");
    }
    const said = `${repair.code}: ${repair.out} ${repair.err}`;
    if (repair.code !== 0) {
      const isTold = repair.code === 1 && /left|damaged/.test(repair.out);
      return isTold ? { kind: "told", why: tail(said) } : broken(said);
    }
    const why = await useAgain(store);
    if (why !== undefined) return broken(`${why} (check: ${tail(said)})`);
    return { kind: found.code === 0 ? "harmless" : "repaired" };
  } catch (error) {
    return broken(messageOf(error));
  }
}

/**
 * Verifies the store, and runs the usual commands.
 *
 * @returns What is wrong.
 */
async function useAgain(store: Subject): Promise<string | undefined> {
  const found = await verifyStore(store, { depth: "full" });
  if (found.length > 0) return found.join("; ");
  for (const words of ["images", "start app", "stop app", "gc"]) {
    const { code, err } = await store.tryOrlop(...words.split(" "));
    if (code !== 0) return `${words}: ${code}: ${err}`;
  }
  const after = await verifyStore(store, { depth: "quick" });
  return after.length > 0 ? after.join("; ") : undefined;
}

function tail(text: string): string {
  return text.replaceAll("\n", " | ").slice(-300);
}

/** Words for the IDs of a store. */
export function namesOf({ now }: Templates): Record<string, string> {
  const [containers, images, layers] = ["containers", "images", "layers"]
    .map((kind) => readRecords(now, kind));
  const app = containers?.find(({ names }) => names?.includes("app"));
  const image = images?.find(({ id }) => id === app?.image);
  const top = layers?.find(({ id }) => id === image?.layer);
  const infra = containers?.find(({ id }) => id !== app?.id);
  return Object.fromEntries([
    [app?.id, "APP"],
    [app?.layer, "OWN"],
    [image?.id, "IMAGE"],
    [top?.id, "TOP"],
    [top?.parent, "BASE"],
    [infra?.id, "INFRA"],
    [infra?.layer, "INFRA-LAYER"],
    [infra?.image, "PAUSE"],
  ]);
}

function printOutcomes(
  outcomes: ReadonlyMap<string, ReadonlyMap<string, string>>,
): void {
  const damages = Object.keys(FILE_DAMAGES);
  const line = (role: string, cells: readonly string[]) =>
    role.slice(0, ROLE_WIDTH).padEnd(ROLE_WIDTH) +
    cells.map((cell) => cell.padStart(CELL_WIDTH)).join("");
  print(line("file", damages));
  const rows = [...outcomes].toSorted(([a], [b]) => a < b ? -1 : 1);
  for (const [role, row] of rows) {
    print(line(role, damages.map((damage) => row.get(damage) ?? "-")));
  }
}
