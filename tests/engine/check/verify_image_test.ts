import { assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { verifyImage } from "../../../src/engine/check/verify_image.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  imageIdOf,
  parseLayerId,
} from "../../../src/formats/storage/store_ids.ts";
import type {
  ImageRecord,
  LayerRecord,
} from "../../../src/formats/storage/store_record.ts";
import { imageItemPath } from "../../../src/store/disk_images.ts";
import { storeAgent } from "../../support/store_agent.ts";

const BASE = parseLayerId("a".repeat(64));
const TOP = parseLayerId("b".repeat(64));
const [ONE, TWO] = ["1", "2"].map((digit) => `sha256:${digit.repeat(64)}`);

function configOf(diffIds: readonly unknown[]): string {
  return JSON.stringify({
    ...{ architecture: "amd64", os: "linux", config: {} },
    rootfs: { type: "layers", "diff_ids": diffIds },
  });
}

function manifestOf(config: string): string {
  const blob = (text: string) => ({
    ...{ mediaType: "application/vnd.oci.image.config.v1+json" },
    ...{ digest: digestOf(toBytes(text)), size: text.length },
  });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    ...{ config: blob(config), layers: [] },
  });
}

const CONFIG = configOf([ONE, TWO]);
const CONFIG_KEY = digestOf(toBytes(CONFIG));
const MANIFEST = manifestOf(CONFIG);
const MANIFEST_DIGEST = digestOf(toBytes(MANIFEST));
const OTHER = digestOf(toBytes("other"));

interface Case {
  /** What is in its files; undefined where there is none. */
  readonly items?: Readonly<Record<string, string | undefined>>;
  readonly digests?: Readonly<Record<string, string>>;
  /** What records say of the base and of the layer on it. */
  readonly diffDigests?: readonly (string | undefined)[];
  readonly layer?: string | undefined;
  /** With the paths of items as `<KEY>`. */
  readonly faults: readonly string[];
}

const GOOD = { [CONFIG_KEY]: CONFIG, manifest: MANIFEST };

const CASES: Readonly<Record<string, Case>> = {
  "all right": {
    items: { ...GOOD, [`manifest-${MANIFEST_DIGEST}`]: MANIFEST, note: "" },
    digests: { manifest: MANIFEST_DIGEST, note: "sha256:odd" },
    faults: [],
  },
  "an item that is missing": {
    items: { ...GOOD, note: undefined },
    faults: ["<note>: it is missing"],
  },
  "an item with the digest of its name, not of its record": {
    digests: { [CONFIG_KEY]: OTHER },
    faults: [],
  },
  "an item without that of its name": {
    items: { ...GOOD, [OTHER]: "another" },
    digests: { [OTHER]: digestOf(toBytes("another")) },
    faults: [
      `<${OTHER}>: it has digest ${digestOf(toBytes("another"))}, not ${OTHER}`,
    ],
  },
  "a manifest without that of its name": {
    items: { ...GOOD, [`manifest-${OTHER}`]: MANIFEST },
    faults: [
      `<manifest-${OTHER}>: it has digest ${MANIFEST_DIGEST}, not ${OTHER}`,
    ],
  },
  "items without those of their record": {
    items: { ...GOOD, note: "note" },
    digests: { manifest: OTHER, note: OTHER },
    faults: [
      `<manifest>: it has digest ${MANIFEST_DIGEST}, not ${OTHER}`,
      `<note>: it has digest ${digestOf(toBytes("note"))}, not ${OTHER}`,
    ],
  },
  "a digest of another algorithm": {
    items: { ...GOOD, note: "note" },
    digests: { note: `sha512:${"0".repeat(128)}` },
    faults: [
      "<note>: it has digest sha512:" +
      "f7631cb69b2364898700db126faf7beaaac4bed8d51dabb145dbe1143fdd91acdc86af57c111124d7cd77adad06223a5c4c69e6b60b3445ee5a0dda92db92f31, not sha512:" +
      "0".repeat(128),
    ],
  },
  "fewer layers than its config has": {
    layer: BASE,
    faults: ["it has 1 layers, its config says 2"],
  },
  "no layers": {
    layer: undefined,
    faults: ["it has 0 layers, its config says 2"],
  },
  "layers whose digests are not known": {
    diffDigests: [undefined, undefined],
    faults: [],
  },
  "layers in another order": {
    diffDigests: [TWO, ONE],
    faults: [
      `its layer ${BASE} has digest ${TWO}, its config says ${ONE}`,
      `its layer ${TOP} has digest ${ONE}, its config says ${TWO}`,
    ],
  },
  "no manifest": { items: { [CONFIG_KEY]: CONFIG }, layer: BASE, faults: [] },
  "no config": { items: { manifest: MANIFEST }, layer: BASE, faults: [] },
  "a manifest of other tools": {
    items: { manifest: '{"schemaVersion":1}' },
    ...{ layer: BASE, faults: [] },
  },
  "an index": {
    items: {
      manifest: JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: [],
      }),
    },
    ...{ layer: BASE, faults: [] },
  },
  "no items": { items: {}, layer: BASE, faults: [] },
};

Deno.test("verifyImage() compares items and layers with what is said of them", async (t) => {
  for (const [name, one] of Object.entries(CASES)) {
    await t.step(name, () => {
      using test = storeAgent();
      const { paths } = test.agent.store;
      const { items = GOOD, digests = {}, diffDigests = [ONE, TWO] } = one;
      const id = imageIdOf(CONFIG_KEY);
      const image: ImageRecord = {
        ...{ id, created: "2026-01-02T03:04:05Z", names: [] },
        "big-data-names": Object.keys(items),
        "big-data-digests": digests,
      };
      const layer = "layer" in one ? one.layer : TOP;
      if (layer !== undefined) Object.assign(image, { layer });
      for (const [key, text] of Object.entries(items)) {
        const path = imageItemPath(paths, id, key);
        Deno.mkdirSync(dirname(path), { recursive: true });
        if (text !== undefined) Deno.writeTextFileSync(path, text);
      }
      const records = new Map<string, LayerRecord>(
        [BASE, TOP].map((id, index) => [id, {
          ...{ id, created: "", names: [] },
          ...index === 1 && { parent: BASE },
          ...diffDigests[index] && { "diff-digest": diffDigests[index] },
        } as LayerRecord]),
      );
      const layers = { lookUp: (id = "") => records.get(id) };
      const faults = verifyImage(paths, layers, image);
      const named = Object.keys(items).reduce(
        (all, key) =>
          all.map((fault) =>
            fault.replace(imageItemPath(paths, id, key), `<${key}>`)
          ),
        [...faults],
      );
      assertEquals(named, [...one.faults]);
    });
  }
});
