import { assertEquals, assertThrows } from "@std/assert";
import {
  findContainer,
  findPod,
} from "../../../src/cli/input/find_container.ts";
import type { ContainerSummary } from "../../../src/engine/containers/list_containers.ts";
import {
  AmbiguousIdError,
  ContainerNotFoundError,
} from "../../../src/errors/not_found_errors.ts";
import {
  parseContainerId,
  parseImageId,
  parseRecordId,
} from "../../../src/formats/storage/store_ids.ts";

function container(id: string, name: string): ContainerSummary {
  return {
    id: parseContainerId(id),
    names: [name],
    imageId: parseImageId("0".repeat(64)),
    imageName: "",
    layerId: parseRecordId(`layer-${id}`),
    created: "",
    owner: "orlop",
    mountPoint: undefined,
    metadata: undefined,
    ...{ state: "created", pid: undefined, exitCode: undefined },
    ...{ startedAt: undefined, finishedAt: undefined },
  };
}

const ALL = [container("abc1", "web"), container("abc2", "abc1x")];

Deno.test("findContainer() takes ID, name, layer and unique beginning", () => {
  for (const text of ["abc1", "web", "layer-abc1"]) {
    assertEquals(findContainer(ALL, text).id, "abc1");
  }
  assertEquals(findContainer(ALL, "abc1x").id, "abc2");
  assertEquals(findContainer([container("abcd", "x")], "abc").id, "abcd");
  // A name goes before the beginning of an ID, whoever comes first.
  const named = [container("abcd", "x"), container("def0", "abc")];
  assertEquals(findContainer(named, "abc").id, "def0");
});

Deno.test("findContainer() refuses what is unknown, empty or too short", () => {
  for (
    const [text, why] of [
      ["nix", 'Cannot find container "nix": no container has this name or ID'],
      ["", 'Cannot find container "": no container has this name or ID'],
      ["a", "of an ID at least 3 characters are needed"],
      ["ab", "of an ID at least 3 characters are needed"],
      ["we", "no container has this name or ID"],
    ] as const
  ) {
    assertThrows(() => findContainer(ALL, text), ContainerNotFoundError, why);
  }
});

Deno.test("findContainer() names all that a beginning could mean", () => {
  const error = assertThrows(
    () => findContainer(ALL, "abc"),
    AmbiguousIdError,
    "2 IDs begin so: abc1 (web), abc2 (abc1x)",
  );
  assertEquals(error.candidates, ["abc1", "abc2"]);
});

Deno.test("findPod() goes by the same rules", () => {
  const pod = (id: string, name: string) => ({
    ...{ id, name, created: "", infra: undefined, members: [] },
  });
  const pods = [pod("abc1", "web"), pod("abc2", "db"), pod("def3", "abc")];
  assertEquals(findPod(pods, "db").id, "abc2");
  assertEquals(findPod(pods, "abc").id, "def3");
  assertEquals(findPod(pods, "def").id, "def3");
  assertThrows(() => findPod(pods, "de"), ContainerNotFoundError, "at least 3");
  assertThrows(
    () => findPod(pods.slice(0, 2), "abc"),
    AmbiguousIdError,
    "abc1 (web), abc2 (db)",
  );
});
