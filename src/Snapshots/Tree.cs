using System.Globalization;
using System.Text;

namespace Switchyard.Snapshots;

/// <summary>One entry of a directory in a snapshot. Names and targets have one character per byte.</summary>
/// <param name="Mode">Permission bits.</param>
/// <param name="Hash">Of the content, or of the directory's tree; empty for a link.</param>
internal sealed record TreeEntry(char Kind, int Mode, long Size, string Hash, string Name, string Target)
{
    public const char File = 'f', Directory = 'd', Link = 'l';
}

/// <summary>
/// A directory as text, the same for equal directories: a line for each entry, sorted by the bytes of its name:
/// <c>f 644 SIZE HASH NAME</c>, <c>d 755 TREESIZE HASH NAME</c>, <c>l 0 0 - NAME TARGET</c>. Blanks, control characters and
/// percent signs in names are written as %XX. There are no times in it and no owners.
/// </summary>
internal static class Tree
{
    private const string Head = "yard tree 1\n";

    public static byte[] Write(IEnumerable<TreeEntry> entries)
    {
        var text = new StringBuilder(Head);
        foreach (var entry in entries.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            text.Append(entry.Kind).Append(' ').Append(Convert.ToString(entry.Mode, 8)).Append(' ')
                .Append(entry.Size.ToString(CultureInfo.InvariantCulture)).Append(' ').Append(entry.Hash.Length == 0 ? "-" : entry.Hash).Append(' ');
            Escape(text, entry.Name);
            if (entry.Kind == TreeEntry.Link)
                Escape(text.Append(' '), entry.Target);
            text.Append('\n');
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    public static List<TreeEntry> Read(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        if (!text.StartsWith(Head, StringComparison.Ordinal))
            throw new InvalidDataException("an object that should be a directory is none");
        var entries = new List<TreeEntry>();
        foreach (var line in text[Head.Length..].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            entries.Add(new TreeEntry(words[0][0], Convert.ToInt32(words[1], 8), long.Parse(words[2], CultureInfo.InvariantCulture),
                words[3] == "-" ? "" : words[3], Unescape(words[4]), words.Length > 5 ? Unescape(words[5]) : ""));
        }

        return entries;
    }

    public static void Escape(StringBuilder text, string name)
    {
        foreach (var c in name)
            if (c is <= ' ' or '%' or '\x7f')
                text.Append('%').Append(((int)c).ToString("X2", CultureInfo.InvariantCulture));
            else
                text.Append(c);
    }

    public static string Unescape(string text)
    {
        if (!text.Contains('%'))
            return text;
        var name = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '%')
            {
                name.Append((char)byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
                name.Append(text[i]);
        return name.ToString();
    }
}
