// Reads with chDB: node chdb_read.cjs FOLDER_OF_CHDB WORKING_FOLDER; each line of standard input is a JSON text of SQL, each line of output its rows or an error.
const { createInterface } = require('node:readline');
const { join } = require('node:path');

const [folder, workingFolder] = process.argv.slice(2);
process.chdir(workingFolder); // chDB opens plain paths below its working directory alone
const { query } = require(join(folder, 'node_modules/chdb'));
const settings = 'SETTINGS output_format_json_quote_64bit_integers = 1, output_format_json_quote_decimals = 1, output_format_json_quote_denormals = 1, session_timezone = \'UTC\'';

createInterface(process.stdin).on('line', (line) => {
  try {
    const text = String(query(`${JSON.parse(line)} ${settings}`, 'JSONCompactEachRow'));
    process.stdout.write(`${JSON.stringify({ rows: text.split('\n').filter((each) => each !== '').map((each) => JSON.parse(each)) })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error).slice(0, 2000) })}\n`);
  }
});
