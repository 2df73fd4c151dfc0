// The face of node-worker/: a headless worker for Node.js.

export { backendNamed, backendNames, type BackendName } from './backends-by-name.js';
export { type ChildDevice, type DeviceProcessOptions, openDeviceProcess } from './device-child.js';
export { ComputePool, type ComputePoolOptions } from './compute-pool.js';
export { startNodeWorker, type NodeWorkerOptions, type RunningNodeWorker } from './node-worker.js';
export { connectOverWebSockets, type WebSocketConnectOptions } from './websocket-connection.js';
