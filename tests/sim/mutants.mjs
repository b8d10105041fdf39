// Takes one rule of the house away at a time and looks for the seed that sees it.
//
//   node tests/sim/mutants.mjs [name …]
//
// Works on a copy of the tree (what is committed), in the folder ALMONER_MUTANTS or a temporary one; the copy keeps its own
// build, so that the second mutant costs one crate. Seeds and steps as the simulation takes them; 1..1000 unless told.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const wanted = process.argv.slice(2);
const all = JSON.parse(readFileSync(join(root, "tests/sim/mutants.json"), "utf8"));
const chosen = all.filter((m) => wanted.length === 0 || wanted.includes(m.name));
const copy = process.env.ALMONER_MUTANTS ?? mkdtempSync(join(tmpdir(), "almoner-mutants-"));

if (!existsSync(join(copy, ".git"))) execFileSync("git", ["clone", "-q", root, copy]);
execFileSync("git", ["-C", copy, "fetch", "-q", "origin", "HEAD"]);
execFileSync("git", ["-C", copy, "checkout", "-q", "--force", "FETCH_HEAD"]);

const env = {
  ...process.env,
  RUST_BACKTRACE: "0",
  ALMONER_SIM_SEEDS: process.env.ALMONER_SIM_SEEDS ?? "1..1000",
};
let survived = 0;
for (const mutant of chosen) {
  const file = join(copy, mutant.file);
  const original = readFileSync(file, "utf8");
  const [find, replace] = [mutant.find.join("\n"), mutant.replace.join("\n")];
  if (!original.includes(find)) throw new Error(`${mutant.name}: ${mutant.file} has no such lines any more`);
  writeFileSync(file, original.replaceAll(find, replace));
  const build = spawnSync("cargo", ["test", "--locked", "--test", "sim", "--no-run"], { cwd: copy, env, encoding: "utf8" });
  if (build.status !== 0) throw new Error(`${mutant.name} does not compile:\n${build.stderr.slice(-3000)}`);
  const run = spawnSync("cargo", ["test", "--locked", "--test", "sim", "--", "on_sqlite", "--nocapture"], {
    cwd: copy, env, encoding: "utf8", maxBuffer: 1 << 28,
  });
  writeFileSync(file, original);
  const told = `${run.stdout}${run.stderr}`;
  const seed = told.match(/seed (\d+) on Sqlite went wrong \(([^)]*)\):\n(.*)/);
  if (run.status !== 0 && seed) {
    console.log(`${mutant.name}: seed ${seed[1]} (${seed[2]}): ${seed[3]}`);
  } else {
    survived += 1;
    console.log(`${mutant.name}: NOT SEEN\n${told.slice(-1500)}`);
  }
}
console.log(survived === 0 ? `all ${chosen.length} were seen` : `${survived} of ${chosen.length} were NOT seen`);
process.exitCode = survived === 0 ? 0 : 1;
