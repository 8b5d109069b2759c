import { logic } from "../engines.mjs";
import rules from "RULES";

export const decide = logic(rules);
