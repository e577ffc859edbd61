import { assertEquals, assertThrows } from "@std/assert";
import { checkOwner, findContainer } from "../../src/cli/find_container.ts";
import { ContainerNotFoundError, InUseError } from "../../src/errors.ts";
import {
  parseContainerId,
  parseImageId,
  parseRecordId,
} from "../../src/formats/store_ids.ts";
import type {
  ContainerOwner,
  ContainerSummary,
} from "../../src/runtime/list_containers.ts";

function container(
  id: string,
  name: string,
  owner: ContainerOwner = "orlop",
): ContainerSummary {
  return {
    id: parseContainerId(id),
    names: [name],
    imageId: parseImageId("0".repeat(64)),
    imageName: "",
    layerId: parseRecordId(`layer-${id}`),
    created: "",
    owner,
    mountPoint: undefined,
    metadata: undefined,
  };
}

const ALL = [container("abc1", "web"), container("abc2", "abc1x")];

Deno.test("findContainer() takes ID, name, layer and unique beginning", () => {
  for (const text of ["abc1", "web", "layer-abc1"]) {
    assertEquals(findContainer(ALL, text).id, "abc1");
  }
  assertEquals(findContainer(ALL, "abc1x").id, "abc2");
  assertEquals(findContainer([container("abc", "x")], "ab").id, "abc");
});

Deno.test("findContainer() refuses what is unknown, empty or ambiguous", () => {
  const cases = [["nix", "no container"], ["", "no container"], [
    "abc",
    "2 IDs",
  ]];
  for (const [text = "", why = ""] of cases) {
    assertThrows(() => findContainer(ALL, text), ContainerNotFoundError, why);
  }
});

Deno.test("checkOwner() leaves containers of other tools alone", () => {
  const options = { name: "web", verb: "remove" };
  checkOwner(container("a", "web"), options);
  assertThrows(
    () => checkOwner(container("a", "web", "podman"), options),
    InUseError,
    'Cannot remove container "web": it belongs to podman',
  );
});
