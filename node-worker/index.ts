// The face of node-worker/: a headless worker for Node.js.

export { backendNamed, type BackendName } from './backends-by-name.js';
export { type ChildDevice, type DeviceProcessOptions, openDeviceProcess } from './device-child.js';
export { ComputePool, type ComputePoolOptions } from './compute-pool.js';
export { type DeviceName, deviceNames, startNodeWorker, type NodeWorkerOptions, type RunningNodeWorker } from './node-worker.js';
export { connectOverWebSockets, type WebSocketConnectOptions } from './websocket-connection.js';
