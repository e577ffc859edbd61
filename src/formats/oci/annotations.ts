/** Names of annotations that say to orlop itself what a container is to be. */

/** What ends it politely; of OCI image-spec v1.1, crun and CRI-O read it, too. */
export const STOP_SIGNAL = "org.opencontainers.image.stopSignal";
/** How long it has for that, in seconds. */
export const STOP_TIMEOUT = "orlop.stop-timeout";
/** How long its log may get before it begins again, in bytes. */
export const LOG_SIZE = "orlop.log-size";
/** Further lines of its `/etc/hosts`. */
export const ADDED_HOSTS = "orlop.hosts";
/** What labels of users begin with, so that no runtime obeys one. */
export const LABEL_PREFIX = "orlop.label/";
