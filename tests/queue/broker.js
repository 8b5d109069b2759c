// The middle of a queue: takes what a producer sends and brings it to the consumer in batches, until that is done with it.
// `workerd` has both ends and leaves this to whoever runs it.
const waiting = [];
let isDelivering = false;

export default {
  async fetch(request, env, context) {
    waiting.push({ id: crypto.randomUUID(), timestamp: new Date(), body: await request.arrayBuffer(), attempts: 1 });
    context.waitUntil(deliver(env));
    return Response.json({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } });
  },
};

async function deliver(env) {
  if (isDelivering) return;
  isDelivering = true;
  while (waiting.length > 0) {
    // A batch gathers, and what was not done waits for another turn.
    await scheduler.wait(100);
    const batch = waiting.splice(0, 100);
    const result = await env.EDGE.queue("events", batch);
    const done = new Set(result.outcome === "ok" ? result.explicitAcks : []);
    for (const message of batch) {
      if (!done.has(message.id)) waiting.push({ ...message, attempts: message.attempts + 1 });
    }
  }
  isDelivering = false;
}
