// Stands for `cloudflare:workers`.
export class DurableObject {}
