/** Names of annotations in which orlop stores settings of a container. */

/** The stop signal: OCI image-spec v1.1; crun and CRI-O read it, too. */
export const STOP_SIGNAL = "org.opencontainers.image.stopSignal";
/** The time between the stop signal and SIGKILL, in seconds. */
export const STOP_TIMEOUT = "orlop.stop-timeout";
/** The size at which its log is truncated, in bytes. */
export const LOG_SIZE = "orlop.log-size";
/** Further lines of its `/etc/hosts`. */
export const ADDED_HOSTS = "orlop.hosts";
/** The prefix of users' labels, so that no runtime acts on them. */
export const LABEL_PREFIX = "orlop.label/";
