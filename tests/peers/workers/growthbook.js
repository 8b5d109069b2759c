import { growthbook } from "../engines.mjs";
import rules from "RULES";

export const decide = growthbook(rules);
