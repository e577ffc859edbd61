/** The power goes at any write of a disk; what is found then is whole, and is all there. */

import { assert, assertEquals } from "@std/assert";
import { verifyAfterPowerCut } from "../../../scripts/lib/crash/power.ts";
import { needs, needsThat } from "../../support/peers.ts";
import {
  FILE_SYSTEMS,
  whyNoLoggedDisk,
} from "../../support/power/logged_disk.ts";
import {
  recordPowerLog,
  shuffledCuts,
  tryPowerCut,
} from "../../support/power/power_log.ts";
import { PEERS } from "../../support/programs/shared_store.ts";
import { seededRandom } from "../../support/seeded.ts";

// All cuts take hours: those of other seeds are others, and `scripts/crash --only power`
// tries as many as there is time for.
const CUTS = Number(Deno.env.get("ORLOP_POWER_CUTS") ?? 3);

const why = whyNoLoggedDisk();
const random = seededRandom("power_cut_test");

for (const fileSystem of FILE_SYSTEMS) {
  const { name, mkfs: [mkfs] } = fileSystem;
  const { ignore: isLacking } = needs("conmon", "tar", mkfs, ...PEERS);
  const { ignore: isUnfit } = needsThat(why === undefined, why ?? "");
  Deno.test(`a power cut loses nothing that was done on ${name}`, {
    ignore: isLacking || isUnfit,
  }, async (t) => {
    await using powerLog = await recordPowerLog(fileSystem);
    const cuts = shuffledCuts(powerLog, random);
    assert(cuts.length > 100, `only ${cuts.length} writes and flushes`);
    for (const at of cuts.slice(0, CUTS)) {
      await tryPowerCut(powerLog, { at, random }, async (store) => {
        await t.step(`at ${at}, ${store.during}`, async () => {
          assertEquals(await verifyAfterPowerCut(store), []);
        });
      });
    }
  });
}
