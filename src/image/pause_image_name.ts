/** What the pause image is called: all commands know, few make it. */

/** The name under which the pause image is stored. */
export const PAUSE_IMAGE_NAME = "localhost/orlop/pause:1";
