/** The pod that the kubelet runs from a manifest. */

import { BUSYBOX, NGINX } from "./stand_in_images.ts";

/** The port of the node that leads to the pod's web server. */
export const HOST_PORT = 18080;
/** What the init container leaves for the others. */
export const STATE = "prepared by init";

const SHARED = { name: "shared", mountPath: "/shared" };

/** Two containers, an init container, probes of three kinds, a volume, a port. */
export const WEB_POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", labels: { app: "web" } },
  spec: {
    terminationGracePeriodSeconds: 2,
    initContainers: [{
      name: "setup",
      image: BUSYBOX,
      command: [
        ...["sh", "-c"],
        `echo "${STATE}" >/shared/state; echo set up`,
      ],
      volumeMounts: [SHARED],
    }],
    containers: [
      {
        name: "web",
        image: NGINX,
        imagePullPolicy: "Always",
        ports: [{ containerPort: 80, hostPort: HOST_PORT }],
        readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 },
        startupProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 },
      },
      {
        name: "side",
        image: BUSYBOX,
        command: [
          ...["sh", "-c"],
          "touch /shared/alive; cat /shared/state; n=0; " +
          'while :; do n=$((n + 1)); echo "tick $n"; sleep 1; done',
        ],
        env: [{
          name: "POD_IP",
          valueFrom: { fieldRef: { fieldPath: "status.podIP" } },
        }],
        resources: { limits: { memory: "64Mi", cpu: "500m" } },
        livenessProbe: {
          exec: { command: ["test", "-e", "/shared/alive"] },
          ...{ periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10 },
        },
        volumeMounts: [SHARED],
      },
    ],
    volumes: [{ name: "shared", emptyDir: {} }],
  },
};
