import { assertEquals, assertThrows } from "@std/assert";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { openLayerTar } from "../../../src/store/layers/layer_tar.ts";
import { measureLayerTar } from "../../../src/store/layers/tar_split.ts";
import { tarSplitPath } from "../../../src/store/paths.ts";
import { idOf, putLayer } from "../../support/images/small_layers.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test("a damaged list of an archive is a damaged file, however it is read", async () => {
  using made = storeAgent();
  const { store } = made.agent;
  const layer = await putLayer(store, "x");
  const path = tarSplitPath(store.paths, idOf("x"));
  for (const list of [toBytes("no gzip"), new Uint8Array(0)]) {
    await Deno.writeFile(path, list);
    const read = () => {
      using tar = openLayerTar(store.paths, layer);
      return tar.read(new Uint8Array(10));
    };
    const ways = [read, () => measureLayerTar(store.paths, layer)];
    for (const way of ways) {
      const error = assertThrows(way, DamagedFileError, "pull its image again");
      assertEquals(error.path, path);
    }
  }
});
