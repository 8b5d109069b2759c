// Asks an edge for flags with the OpenFeature SDKs for servers and for pages, and prints what they made of the answers.
// EDGE: its address. TARGETING_KEY: whom for.
import { OpenFeature as Server } from '@openfeature/server-sdk';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature as Page } from '@openfeature/web-sdk';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';

const baseUrl = process.env.EDGE;
const context = { targetingKey: process.env.TARGETING_KEY, plan: 'free' };
// Every request for all flags: its status, and whether it named a tag.
const requests = [];
const watched = async (resource, init) => {
  const request = new Request(resource, init);
  const response = await fetch(request);
  requests.push([response.status, request.headers.get('if-none-match') !== null]);
  return response;
};

const told = async (client, more) => {
  const details = {
    button: await client.getStringDetails('checkout-button', 'none', ...more),
    search: await client.getBooleanDetails('new-search', false, ...more),
    limits: await client.getObjectDetails('limits', {}, ...more),
    results: await client.getNumberDetails('results-per-page', 0, ...more),
    missing: await client.getStringDetails('no-such-flag', 'none', ...more),
  };
  const short = ({ value, variant, reason, errorCode }) => ({ value, variant, reason, errorCode });
  return Object.fromEntries(Object.entries(details).map(([name, of]) => [name, short(of)]));
};

await Server.setProviderAndWait(new OFREPProvider({ baseUrl }));
const server = Server.getClient();
const unnamed = await server.getStringDetails('checkout-button', 'none');
const refused = new OFREPProvider({ baseUrl, headers: [['Authorization', 'Bearer wrong']] });
await Server.setProviderAndWait('refused', refused);
const wrong = await Server.getClient('refused').getStringDetails('checkout-button', 'none', context);

const options = { baseUrl, fetchImplementation: watched, cacheMode: 'disabled', changeDetection: 'none' };
const provider = new OFREPWebProvider(options);
await Page.setContext(context);
await Page.setProviderAndWait(provider);
const page = await told(Page.getClient(), []);
// The same context again: the provider asks with the tag that it was given.
await provider.onContextChange?.(context, context);

console.log(JSON.stringify({
  server: await told(server, [context]),
  page,
  unnamed: unnamed.errorCode,
  wrong: wrong.errorCode,
  requests,
}));
await Server.close();
await Page.close();
