// Overrides of the configuration, and identities the page knows.
import assert from "node:assert/strict";

import * as names from "../names.mjs";

const quiet = { personalization: { sendDisplayEvent: false } };
const EMAIL = "0c7e6a405862e402eb76a70f8a26fc732d07c32931e9fae9ab1582911d2e8a3b";
const signedIn = (id) => ({ Email_LC_SHA256: [{ id, authenticatedState: "authenticated", primary: true }] });
let visitors = 0;

export const checks = {
  async "another datastream answers, and the event is taken with all that was sent along"({ front, version, arrive }) {
    const visitor = await arrive();
    const result = await visitor.pageView({
      ...quiet,
      type: "commerce.purchases",
      mergeId: "m-1",
      xdm: { eventType: "commerce.purchases", identityMap: signedIn(EMAIL) },
      data: { __adobe: { target: { "profile.color": "red" } } },
      edgeConfigOverrides: {
        datastreamId: names.OTHER_DATASTREAM,
        com_adobe_experience_platform: {
          datasets: { event: { datasetId: "ds9" } },
          com_adobe_edge_segmentation: { enabled: false },
        },
        com_adobe_analytics: { reportSuites: ["rs1"] },
      },
    });
    const [request] = front.requests;
    assert.equal(request.query.configId, names.OTHER_DATASTREAM);
    assert.equal(request.body.meta.sdkConfig.datastream.original, names.DATASTREAM);
    assert.deepEqual(request.body.meta.configOverrides.com_adobe_analytics.reportSuites, ["rs1"]);
    assert.equal(request.status, 200);
    const types = request.answer.handle.map(({ type }) => type);
    for (const type of ["identity:result", "personalization:decisions", "activation:pull", "state:store"]) {
      assert.ok(types.includes(type), type);
    }
    assert.match(request.answer.handle[0].payload[0].id, names.ECID_FORMAT);
    assert.equal(result.propositions[0].scope, "__view__");
    assert.equal(await visitor.html("#hero"), '<b id="offer">Hello audience</b>');
    assert.deepEqual(await visitor.logged("error"), []);
    assert.ok((await visitor.documentCookies())[names.IDENTITY]);
    // It was asked not to be segmented.
    assert.deepEqual(await visitor.audiences(version, result), []);
    const codes = request.answer.warnings.map((warning) => warning.type.split("/").at(-1));
    assert.deepEqual(codes, ["EXEG-0204-200"], "the dataset is not overridden");
  },

  async "overrides of other products mean nothing here"({ front, arrive }) {
    const visitor = await arrive({
      configuration: {
        edgeConfigOverrides: {
          com_adobe_target: { propertyToken: "t" },
          com_adobe_identity: { idSyncContainerId: 5 },
        },
      },
    });
    await visitor.pageView(quiet);
    assert.equal(front.requests[0].status, 200);
    assert.equal(front.requests[0].answer.warnings, undefined);
  },

  async "who signs in is found again in another browser"({ version, arrive }) {
    const id = `${version} ${(visitors += 1)} ${Date.now()}`;
    const visitor = await arrive();
    await visitor.sendEvent({ xdm: { eventType: "commerce.productViews", identityMap: signedIn(id) } });
    const other = await arrive();
    const anonymous = await other.sendEvent();
    assert.deepEqual(await other.audiences(version, anonymous), [names.EVERYONE]);
    const known = await other.sendEvent({ xdm: { identityMap: signedIn(id) } });
    assert.deepEqual(await other.audiences(version, known), [names.EVERYONE, names.VIEWERS]);
  },

  async "an identity map does not change the visitor's own identity"({ front, arrive }) {
    const visitor = await arrive();
    await visitor.sendEvent();
    const { identity } = await visitor.alloy("getIdentity");
    await visitor.sendEvent({ xdm: { identityMap: signedIn(EMAIL) } });
    assert.equal(front.requests.at(-1).answer.handle[0].payload[0].id, identity.ECID);
    assert.equal((await visitor.alloy("getIdentity")).identity.ECID, identity.ECID);
  },

  async "the id of a datastream may name an environment"({ front, arrive }) {
    const visitor = await arrive({ configuration: { datastreamId: `${names.DATASTREAM}:dev` } });
    await visitor.pageView(quiet);
    assert.equal(front.requests[0].query.configId, `${names.DATASTREAM}:dev`);
    assert.equal(front.requests[0].status, 200);
  },
};
