using System.Buffers.Binary;
using System.Text;
using PdDevice.Inference;
using PdDevice.Inference.LlamaCpp;

namespace PdDevice.Tests.Inference.LlamaCpp;

/// <summary>Invariant 10: header values on which llama.cpp would abort the process are refused before it sees the file.</summary>
[Collection("Engine")]
public sealed class GgufGuardsTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly byte[] _bytes = File.ReadAllBytes(EmbeddedModel.Path);
    private readonly GgufFile _file = GgufFile.Read(EmbeddedModel.Path);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama.block_count", 0u)]
    [InlineData("llama.block_count", 513u)]
    [InlineData("llama.block_count", 0x7FFFFFFFu)]
    [InlineData("llama.block_count", 0xFFFFFFFFu)]
    [InlineData("llama.context_length", 0u)]
    [InlineData("llama.context_length", 0x80000000u)]
    public async Task LoadAsync_NumberOutOfRange_RefusedNamingTheField(string key, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan((int)_file.Values[key].Start), value);
        await AssertRefusedAsync(key);
    }

    [Theory]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public async Task LoadAsync_EpsilonNotANumberToDivideBy_RefusedNamingTheField(float value)
    {
        const string key = "llama.attention.layer_norm_rms_epsilon";
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.AsSpan((int)_file.Values[key].Start), value);
        await AssertRefusedAsync(key);
    }

    [Fact]
    public async Task LoadAsync_TwoTokensAlike_RefusedNamingTheField()
    {
        // Two neighbours of the same length: the second becomes the first.
        var at = (int)_file.Values["tokenizer.ggml.tokens"].Start;
        while (true)
        {
            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(at));
            var next = at + 8 + length;
            if (BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(next)) == length)
            {
                _bytes.AsSpan(at + 8, length).CopyTo(_bytes.AsSpan(next + 8));
                break;
            }

            at = next;
        }

        await AssertRefusedAsync("tokenizer.ggml.tokens");
    }

    [Theory]
    [InlineData("llama.rope.scaling.type", "nonsense nonsense non")]
    public async Task LoadAsync_TextUnknown_RefusedNamingTheField(string key, string value) =>
        await AssertRefusedAsync(key, Inserted(key, 8, [.. BitConverter.GetBytes((long)value.Length), .. Encoding.ASCII.GetBytes(value)]));

    [Theory]
    [InlineData("llama.expert_count", 0x7FFFFFFFu)]
    [InlineData("llama.expert_used_count", 513u)]
    public async Task LoadAsync_TooManyExperts_RefusedNamingTheField(string key, uint value) =>
        await AssertRefusedAsync(key, Inserted(key, 4, BitConverter.GetBytes(value)));

    /// <summary>The model with one more key in front; padded by a second key, so that the tensors stay aligned.</summary>
    private byte[] Inserted(string key, uint type, byte[] value)
    {
        byte[] entry = [.. BitConverter.GetBytes((long)key.Length), .. Encoding.ASCII.GetBytes(key), .. BitConverter.GetBytes(type), .. value];
        var padding = (32 - ((entry.Length + 8 + 4 + 8 + 1) % 32)) % 32;
        byte[] filler = [.. BitConverter.GetBytes(1L), (byte)'x', .. BitConverter.GetBytes(8u), .. BitConverter.GetBytes((long)padding), .. new byte[padding]];
        byte[] changed = [.. _bytes[..24], .. entry, .. filler, .. _bytes[24..]];
        BinaryPrimitives.WriteInt64LittleEndian(changed.AsSpan(16), BinaryPrimitives.ReadInt64LittleEndian(changed.AsSpan(16)) + 2);
        return changed;
    }

    private Task AssertRefusedAsync(string key) => AssertRefusedAsync(key, _bytes);

    [Theory]
    [InlineData(1u)]
    [InlineData(63u)]
    public async Task LoadAsync_ContextTooSmallToAnswerIn_RefusedSayingSo(uint tokens)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan((int)_file.Values["llama.context_length"].Start), tokens);
        await AssertRefusedAsync($"trained for {tokens} tokens", _bytes);
    }

    private async Task AssertRefusedAsync(string key, byte[] bytes)
    {
        var path = _folder.File("hostile.gguf");
        await File.WriteAllBytesAsync(path, bytes);
        var error = await Assert.ThrowsAsync<EngineException>(() => LlamaEngine.LoadAsync(new LlamaEngineOptions { Model = path }));
        Assert.Equal(EngineError.ModelUnsupported, error.Error);
        Assert.Contains(key, error.Message);
    }
}
