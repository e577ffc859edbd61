/** The user of a container. */

import type { TemplateOptions } from "../../engine/templates/make_template.ts";
import { MAX_ID } from "../../formats/config/passwd.ts";
import {
  type LinuxContainerSecurityContext,
  SupplementalGroupsPolicy,
} from "../api/api_pb.js";

/** The user settings of a request. */
export type UserSettings = Pick<
  TemplateOptions,
  "user" | "gid" | "groups" | "memberships"
>;

/** The members of a security context for users. */
export type UserRequest = Pick<
  LinuxContainerSecurityContext,
  | "runAsUser"
  | "runAsUsername"
  | "runAsGroup"
  | "supplementalGroups"
  | "supplementalGroupsPolicy"
>;

/**
 * Decides the user. With the policy `Strict`, groups in the image's files are
 * ignored.
 *
 * @throws {TypeError} If an ID is invalid, or there is only a group.
 */
export function userSettings(request: UserRequest): UserSettings {
  const { runAsUser, runAsUsername, runAsGroup } = request;
  const { supplementalGroups, supplementalGroupsPolicy } = request;
  const user = runAsUser === undefined
    ? runAsUsername || undefined
    : String(idOf("user", runAsUser.value));
  if (runAsGroup !== undefined && user === undefined) {
    throw new TypeError(
      `Cannot run as group ${runAsGroup.value}: there is no user to run as; ` +
        "set run_as_user or run_as_username, too",
    );
  }
  return {
    user,
    gid: runAsGroup && idOf("group", runAsGroup.value),
    groups: supplementalGroups.map((id) => String(idOf("group", id))),
    memberships: membershipsOf(supplementalGroupsPolicy),
  };
}

function membershipsOf(
  policy: SupplementalGroupsPolicy,
): UserSettings["memberships"] {
  switch (policy) {
    case SupplementalGroupsPolicy.Merge:
      return "merge";
    case SupplementalGroupsPolicy.Strict:
      return "ignore";
  }
  throw new TypeError(
    `Cannot choose groups: the policy ${policy} is unknown`,
  );
}

function idOf(kind: "user" | "group", id: bigint): number {
  if (id >= 0n && id <= BigInt(MAX_ID)) return Number(id);
  throw new TypeError(
    `Cannot run as ${kind} ${id}: an ID is a number from 0 to ${MAX_ID}`,
  );
}
