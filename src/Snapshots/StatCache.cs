using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Switchyard.Snapshots;

/// <summary>
/// What the files of one directory held when they were last read, by their size, inode and times, as git's index: a file
/// that looks as it did then is not read again. It is only ever a shortcut: lost or damaged, everything is read.
/// </summary>
internal sealed class StatCache
{
    /// <summary>
    /// A file that was changed less than this before it was read could be changed again within the same tick of its clock
    /// and would look the same. It is not remembered. Two seconds is the coarsest clock of a file system.
    /// </summary>
    private const long Racy = 2_000_000_000;

    private const string Head = "yard files 1 ";
    private readonly Dictionary<string, Known> known;

    private StatCache(Dictionary<string, Known> known) => this.known = known;

    private readonly record struct Known(long Inode, long Size, long Modified, long Changed, string Hash);

    /// <summary>The hash of an unchanged file, or null.</summary>
    public string? Find(string path, FileState state) =>
        known.TryGetValue(path, out var file) && file.Inode == state.Inode && file.Size == state.Size
            && file.Modified == state.Modified && file.Changed == state.Changed ? file.Hash : null;

    public static StatCache Read(string path)
    {
        var known = new Dictionary<string, Known>();
        try
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length < 32 || !SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - 32)))
                return new StatCache(known);
            var text = Encoding.Latin1.GetString(bytes, 0, bytes.Length - 32).AsSpan();
            Span<Range> words = stackalloc Range[6];
            foreach (var range in text.Split('\n'))
            {
                var line = text[range];
                if (line.StartsWith(Head, StringComparison.Ordinal) || line.Split(words, ' ') != 6)
                    continue;
                known[Tree.Unescape(line[words[5]].ToString())] = new Known(Number(line[words[0]]), Number(line[words[1]]),
                    Number(line[words[2]]), Number(line[words[3]]), line[words[4]].ToString());
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Nothing is known.
        }

        return new StatCache(known);

        static long Number(ReadOnlySpan<char> word) => long.Parse(word, CultureInfo.InvariantCulture);
    }

    /// <summary>The directory that a cache is about; null when it cannot be told.</summary>
    public static string? DirectoryOf(string path)
    {
        using var reader = new StreamReader(path, Encoding.Latin1);
        return reader.ReadLine() is { } line && line.StartsWith(Head, StringComparison.Ordinal)
            ? Files.Shown(Tree.Unescape(line[Head.Length..]))
            : null;
    }

    /// <summary>Writes what is known now. A failure costs time at the next freeze and nothing else.</summary>
    /// <param name="files">Path, state and hash of each, and when it was read, in nanoseconds since 1970.</param>
    public static void Write(string path, string directory, IEnumerable<(string Path, FileState State, string Hash, long ReadAt)> files)
    {
        var text = new StringBuilder(Head);
        Tree.Escape(text, Files.Raw(directory));
        text.Append('\n');
        foreach (var file in files)
        {
            if (Math.Max(file.State.Modified, file.State.Changed) > file.ReadAt - Racy)
                continue;
            text.Append(CultureInfo.InvariantCulture, $"{file.State.Inode} {file.State.Size} {file.State.Modified} {file.State.Changed} {file.Hash} ");
            Tree.Escape(text, file.Path);
            text.Append('\n');
        }

        var bytes = Encoding.Latin1.GetBytes(text.ToString());
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            File.WriteAllBytes(temporary, [.. bytes, .. SHA256.HashData(bytes)]);
            File.Move(temporary, path, overwrite: true);
        }
        catch (IOException)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (IOException)
            {
                // A collection removes it.
            }
        }
    }
}
