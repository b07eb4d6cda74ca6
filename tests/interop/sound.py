"""Just enough of WAV files and tones to judge what was heard."""
import array
import math
import wave


def write_tone(path, hertz, seconds, rate=8000, level=0.5, channels=1):
    samples = array.array("h", (int(32767 * level * math.sin(2 * math.pi * hertz * i / rate))
                                for i in range(int(rate * seconds))))
    with wave.open(str(path), "wb") as w:
        w.setnchannels(channels)
        w.setsampwidth(2)
        w.setframerate(rate)
        w.writeframes(array.array("h", (s for s in samples for _ in range(channels))).tobytes())
    return samples


def read_wav(path):
    """(rate, [channel, ...]) of a 16-bit file."""
    with wave.open(str(path), "rb") as w:
        assert w.getsampwidth() == 2, f"{path} has {w.getsampwidth() * 8} bits"
        samples = array.array("h", w.readframes(w.getnframes()))
        channels = w.getnchannels()
        return w.getframerate(), [samples[c::channels] for c in range(channels)]


def level(samples):
    return math.sqrt(sum(s * s for s in samples) / max(1, len(samples)))


def frequency(samples, rate):
    """Of a tone: mean distance of rising zero crossings, each placed between its two samples."""
    crossings = [i + (-samples[i]) / (samples[i + 1] - samples[i])
                 for i in range(len(samples) - 1) if samples[i] < 0 <= samples[i + 1]]
    if len(crossings) < 10:
        return 0.0
    return (len(crossings) - 1) * rate / (crossings[-1] - crossings[0])


def loud_part(samples, rate, threshold=500):
    """From the first to the last 20 ms piece with sound in it."""
    size = rate // 50
    loud = [i for i in range(0, len(samples) - size + 1, size) if level(samples[i:i + size]) > threshold]
    return samples[loud[0]:loud[-1] + size] if loud else samples[:0]


def share_of(samples, hertz, rate):
    """How much of the energy lies at one frequency (Goertzel): 1 for a pure tone."""
    energy = sum(s * s for s in samples)
    if not energy:
        return 0.0
    w = 2 * math.pi * hertz / rate
    re = sum(s * math.cos(w * i) for i, s in enumerate(samples))
    im = sum(s * math.sin(w * i) for i, s in enumerate(samples))
    return 2 * (re * re + im * im) / (len(samples) * energy)
