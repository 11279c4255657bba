// The other side of the measure: sharp on one thread. Reads one JSON line a request, answers one.
const sharp = require(process.argv[2]);
const fs = require('fs');
sharp.concurrency(1);
sharp.cache(false);
let photo;
let quality;
const prepare = () =>
  sharp(photo).rotate().resize(512, 512, { fit: 'cover' }).flatten({ background: '#fff' }).jpeg({ quality }).toBuffer();
async function answer(request) {
  if (request.load) {
    photo = fs.readFileSync(request.load);
    // The best quality that fits, found beforehand: sharp has no bound of its own.
    for (quality = 80; quality > 40; quality -= 1) {
      if ((await prepare()).length <= 60000) break;
    }
    fs.writeFileSync(request.save, await prepare());
    return { quality };
  }
  const start = process.hrtime.bigint();
  await prepare();
  return { ms: Number(process.hrtime.bigint() - start) / 1e6 };
}
require('readline')
  .createInterface({ input: process.stdin })
  .on('line', async (line) => console.log(JSON.stringify(await answer(JSON.parse(line)))));
