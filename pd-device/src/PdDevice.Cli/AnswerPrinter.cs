using System.Buffers;
using System.Text;
using PdDevice.Device.Answers;

namespace PdDevice.Cli;

/// <summary>Writes an answer as it is shown: tokens that are shown at the same moment in one write.</summary>
public static class AnswerPrinter
{
    /// <param name="tokens">The answer.</param>
    /// <param name="output">Where its text goes, as UTF-8, flushed whenever the answer pauses.</param>
    /// <param name="shown">Told each token.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task PrintAsync(IAsyncEnumerable<ShownToken> tokens, Stream output, Action<ShownToken> shown, CancellationToken cancellationToken)
    {
        var text = new ArrayBufferWriter<byte>();
        await using var enumerator = tokens.GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                var next = enumerator.MoveNextAsync();
                if (!next.IsCompleted) await FlushAsync();
                if (!await next) return;
                shown(enumerator.Current);
                Encoding.UTF8.GetBytes(enumerator.Current.Text, text);
            }
        }
        finally
        {
            await FlushAsync(); // what was shown is written, whatever came after it
        }

        async ValueTask FlushAsync()
        {
            if (text.WrittenCount == 0) return;
            await output.WriteAsync(text.WrittenMemory, CancellationToken.None);
            await output.FlushAsync(CancellationToken.None);
            text.ResetWrittenCount();
        }
    }
}
