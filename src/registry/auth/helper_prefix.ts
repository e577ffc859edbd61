/** How programs are called that keep credentials. */

/** What begins their names. */
export const HELPER_PREFIX = "docker-credential-";
