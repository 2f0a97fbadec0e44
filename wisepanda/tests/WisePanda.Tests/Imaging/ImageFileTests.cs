using FsCheck;
using FsCheck.Fluent;
using WisePanda.Imaging;
using WisePanda.Imaging.Png;

namespace WisePanda.Tests.Imaging;

public sealed class ImageFileTests
{
    private static readonly string Pictures = Path.Combine(AppContext.BaseDirectory, "Imaging", "Pictures");

    [Theory]
    [InlineData("interlaced.png", 0)]
    [InlineData("palette.png", 0)]
    [InlineData("grey16.png", 0)]
    [InlineData("black-white.png", 0)]
    [InlineData("full-colour.jpg", 1)]
    [InlineData("half-colour.jpg", 1)]
    [InlineData("restarts.jpg", 1)]
    [InlineData("progressive.jpg", 1)]
    [InlineData("grey.jpg", 1)]
    [InlineData("rgb.jpg", 1)]
    [InlineData("turned.jpg", 1)]
    public void Read_EachKind_GivesThePixelsOfAnotherDecoder(string file, int tolerance)
    {
        var (width, height, expected) = Ppm(Path.ChangeExtension(file, ".ppm"));

        var picture = ImageFile.Read(Path.Combine(Pictures, file));

        Assert.Equal((width, height), (picture.Width, picture.Height));
        var worst = Enumerable.Range(0, width * height * 3).Max(i => Math.Abs(picture.Rgba[i / 3 * 4 + i % 3] - expected[i]));
        Assert.InRange(worst, 0, tolerance);
    }

    [Theory]
    [InlineData("interlaced.png")]
    [InlineData("full-colour.jpg")]
    [InlineData("progressive.jpg")]
    public void Decode_FileCutOffAnywhere_NamesAFault(string file)
    {
        var whole = File.ReadAllBytes(Path.Combine(Pictures, file));

        for (var length = 0; length < whole.Length; length++)
        {
            var failure = Assert.Throws<ImageException>(() => ImageFile.Decode(whole[..length]));
            if (length > 8) Assert.Equal(ImageFault.CutOff, failure.Fault);
        }
    }

    [Fact]
    public void Decode_AnyBytesFlipped_GivesAPictureOrANamedFault() =>
        Prop.ForAll(
            Gen.Elements("interlaced.png", "palette.png", "restarts.jpg", "progressive.jpg", "turned.jpg").ToArbitrary(),
            Gen.ListOf(Gen.Choose(0, 1_000_000)).ToArbitrary(),
            (file, flips) =>
            {
                var bytes = File.ReadAllBytes(Path.Combine(Pictures, file));
                foreach (var flip in flips) bytes[flip % bytes.Length] ^= (byte)(1 + flip / 7 % 255);
                try
                {
                    ImageFile.Decode(bytes);
                }
                catch (ImageException)
                {
                    // said by name
                }
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    [Fact]
    public void Decode_HugePng_IsRefusedBeforeItsPixelsAreRead()
    {
        var file = PngWriter.Encode(new Raster(2, 2));
        var header = file[12..29]; // the chunk's type and data
        (header[4], header[8]) = (0x7F, 0x7F);
        using var forged = new MemoryStream();
        forged.Write(file.AsSpan(0, 8));
        PngChunks.Write(forged, "IHDR", header.AsSpan(4));
        PngChunks.Write(forged, "IEND", []);

        var failure = Assert.Throws<ImageException>(() => ImageFile.Decode(forged.ToArray()));

        Assert.Equal(ImageFault.TooLarge, failure.Fault);
        Assert.Contains("scale it down", failure.Message);
    }

    [Fact]
    public void Decode_HugeJpeg_IsRefusedBeforeItsPixelsAreRead()
    {
        byte[] file = [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 0x11, 0];

        Assert.Equal(ImageFault.TooLarge, Assert.Throws<ImageException>(() => ImageFile.Decode(file)).Fault);
    }

    [Theory]
    [InlineData("", ImageFault.Empty)]
    [InlineData("GIF89a and so on", ImageFault.NotAnImage)]
    public void Decode_NoPicture_NamesTheFault(string bytes, ImageFault fault) =>
        Assert.Equal(fault, Assert.Throws<ImageException>(() => ImageFile.Decode(System.Text.Encoding.ASCII.GetBytes(bytes))).Fault);

    [Fact]
    public void Read_ArithmeticJpeg_SaysWhatToDo()
    {
        var failure = Assert.Throws<ImageException>(() => ImageFile.Read(Path.Combine(Pictures, "arithmetic.jpg")));

        Assert.Equal(ImageFault.Unsupported, failure.Fault);
        Assert.Contains("save the picture as", failure.Message);
    }

    [Fact]
    public void Decode_WhatThePngWriterWrote_GivesTheSameSamples()
    {
        var picture = new Raster(31, 17);
        new Random(1).NextBytes(picture.Rgba);

        Assert.Equal(picture.Rgba, ImageFile.Decode(PngWriter.Encode(picture)).Rgba);
    }

    private static (int Width, int Height, byte[] Rgb) Ppm(string name)
    {
        var file = File.ReadAllBytes(Path.Combine(Pictures, name));
        var (fields, at) = (new List<string>(), 0);
        while (fields.Count < 4)
        {
            var end = Array.FindIndex(file, at, value => value is (byte)' ' or (byte)'\n');
            fields.Add(System.Text.Encoding.ASCII.GetString(file, at, end - at));
            at = end + 1;
        }

        Assert.Equal("P6", fields[0]);
        return (int.Parse(fields[1]), int.Parse(fields[2]), file[at..]);
    }
}
