/* build.js - the pages as the program carries them: node build.js OUTPUT.c PLACE DEPFILE
 *
 * Every src/*.page.jsx is a page's program and every styles/*.page.css its look; what several programs share becomes a part of
 * its own. They are bundled into PLACE beside *.svg and a page.html for each program, and tools/embed.py makes OUTPUT.c of all that. The same files
 * always give the same bytes. No network: the libraries are in node_modules already (script/pages). */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = dirname(fileURLToPath(import.meta.url));
const [output, place, depfile] = process.argv.slice(2).map((path) => resolve(path));
const embed = join(web, '..', 'tools', 'embed.py');

if (!existsSync(join(web, 'node_modules', 'esbuild'))) {
    console.error('build.js: the libraries of the pages are not there yet. Install them with: script/pages');
    process.exit(1);
}
const { build } = await import('esbuild');

const ending = (folder, end) => readdirSync(join(web, folder)).filter((name) => name.endsWith(end)).sort().map((name) => join(web, folder, name));

/* Parts that a program begins with; with `later` also those that it asks for when they are needed. */
function partsOf(outputs, program, later = false) {
    const seen = new Set();
    const look = (name) => {
        for (const { path, kind } of outputs[name]?.imports ?? []) {
            if ((kind !== 'import-statement' && !(later && kind === 'dynamic-import')) || seen.has(path)) continue;
            seen.add(path);
            look(path);
        }
    };
    look(program);
    return [...seen].sort().map((path) => basename(path));
}

/* So that the browser asks for all of them at once. */
const preloads = (outputs, program) => partsOf(outputs, program).map((name) => `<link rel="modulepreload" href="/web/${name}">\n`).join('');

/* Of the door's page, which opens without a network: a worker that keeps the very files of this build. */
async function workerBuild(outputs) {
    const files = ['door.html', 'door.js', 'door.css', 'icon.svg', ...partsOf(outputs, relative(web, join(place, 'door.js')), true)];
    const content = createHash('sha256');
    for (const name of files) content.update(`${name}\n`).update(readFileSync(join(place, name)));
    const paths = files.map((name) => (name === 'door.html' ? '/door' : `/web/${name}`));
    const { metafile: made } = await build({
        absWorkingDir: web, entryPoints: [join('src', 'door-worker.js')], outfile: join(place, 'door-worker.js'), metafile: true,
        bundle: true, minify: true, format: 'iife', charset: 'utf8', target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'], logLevel: 'warning',
        define: { VERSION: JSON.stringify(content.digest('hex').slice(0, 16)), FILES: JSON.stringify(paths) },
    });
    return Object.keys(made.inputs);
}

/* What page.html lacks for one program. Search engines find what visitors see. */
const ownOf = (program) => program === 'app'
    ? { file: 'index.html', head: '', main: '  <div class="page page--first"><ul class="films" id="first"></ul></div>\n', body: '<script type="application/json" id="told"></script>\n' } // the gateway fills it
    : { file: `${program}.html`, head: '<meta name="robots" content="noindex">\n', main: '', body: '' };

const frame = join(web, 'page.html');
const programs = ending('src', '.page.jsx').map((path) => basename(path).split('.')[0]);
const pictures = ending('.', '.svg');
rmSync(place, { recursive: true, force: true });
mkdirSync(place, { recursive: true });

const { metafile } = await build({
    absWorkingDir: web,
    entryPoints: [...ending('src', '.page.jsx'), ...ending('styles', '.page.css')]
        .map((path) => ({ in: path, out: basename(path).split('.')[0] })),
    entryNames: '[name]', chunkNames: 'part-[hash]', outdir: place,
    bundle: true, splitting: true, minify: true, format: 'esm', charset: 'utf8', legalComments: 'none', metafile: true,
    target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
    jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'warning',
});

for (const program of programs) {
    const { file, head, main, body } = ownOf(program);
    const text = readFileSync(frame, 'utf8').replaceAll('{program}', program).replace('{head}', head).replace('{main}', main).replace('{body}', body)
        .replace(/<script type="module"/, (script) => preloads(metafile.outputs, relative(web, join(place, `${program}.js`))) + script);
    writeFileSync(join(place, file), text);
}
for (const picture of pictures) writeFileSync(join(place, basename(picture)), readFileSync(picture));
const worker = await workerBuild(metafile.outputs);

const made = readdirSync(place).sort().map((name) => join(place, name));
execFileSync('python3', [embed, output, 'web_pages', '--root', place, ...made], { stdio: 'inherit' });
// the folders too: a new file may be a new page
const read = ['.', 'src', 'styles'].map((name) => resolve(web, name)).concat([...Object.keys(metafile.inputs), ...worker].map((name) => resolve(web, name)), frame, pictures, embed, join(web, 'build.js'));
const escaped = (path) => path.replace(/[ #]/g, '\\$&');
writeFileSync(depfile, `${escaped(output)}: ${read.sort().map(escaped).join(' ')}\n`);
