using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Switchyard.Executors.Process.Spawning;

/// <summary>Variables that many programs share, in the form the system takes them: written once, pointed at by each start.</summary>
internal sealed unsafe class SharedTexts
{
    /// <summary>No variables.</summary>
    public static readonly SharedTexts None = new([]);

    private readonly byte[] _bytes;
    private readonly int[] _starts;

    /// <param name="texts">Each as <c>name=value</c>, without a NUL.</param>
    public SharedTexts(IReadOnlyList<string> texts)
    {
        _starts = new int[texts.Count];
        _bytes = GC.AllocateArray<byte>(texts.Sum(text => Encoding.UTF8.GetByteCount(text) + 1), pinned: true);
        var at = 0;
        for (var i = 0; i < texts.Count; i++)
        {
            _starts[i] = at;
            at += Encoding.UTF8.GetBytes(texts[i], _bytes.AsSpan(at)) + 1;
        }
    }

    public int Count => _starts.Length;

    /// <summary>Writes the address of each; they hold for as long as this object lives.</summary>
    public void PointAt(byte** table)
    {
        var first = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_bytes));
        for (var i = 0; i < _starts.Length; i++) table[i] = first + _starts[i];
    }
}
