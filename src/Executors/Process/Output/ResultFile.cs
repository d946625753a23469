using System.Text;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Output;

/// <summary>The <c>result.json</c> that a task may leave in its directory.</summary>
internal static class ResultFile
{
    private const int Limit = 16 * 1024 * 1024;

    /// <summary>Its text; null when there is none. One that is too large is left out, since half of it would not parse, and says so.</summary>
    public static string? Read(string attemptDirectory)
    {
        var file = Libc.open(attemptDirectory + "/result.json", Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        if (file < 0) return null;
        using var content = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (content.Length <= Limit && Libc.Read(file, buffer) is var n and > 0) content.Write(buffer, 0, n);
        _ = Libc.close(file);
        return content.Length > Limit
            ? "{\"error\":\"result.json is larger than 16 MiB and was not read\"}"
            : Encoding.UTF8.GetString(content.GetBuffer().AsSpan(0, (int)content.Length));
    }
}
