/** Basic authentication: RFC 7617. */

import { encodeAuth } from "../../formats/config/auth_file.ts";

/** The value of an Authorization header. */
export function basicHeader(
  { username, password }: {
    readonly username: string;
    readonly password: string;
  },
): string {
  return `Basic ${encodeAuth(username, password)}`;
}
